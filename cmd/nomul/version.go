package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is that of the module, with the revision it was built from and the version of Go.
// Of a module that go install took, Go stamps its sum; of a build without version control,
// nothing.
func version(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "unknown, " + runtime.Version()
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := ", unknown revision"
	if info.Main.Sum != "" { // of a version that was installed, which names its revision
		revision = ", sum " + info.Main.Sum
	}
	if r := settings["vcs.revision"]; r != "" {
		revision = ", revision " + r
		if settings["vcs.modified"] == "true" {
			revision += " with changes"
		}
		revision += " of " + settings["vcs.time"]
	}
	return fmt.Sprintf("%s%s, %s %s/%s", info.Main.Version, revision, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}
