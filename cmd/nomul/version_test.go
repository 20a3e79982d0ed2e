package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// The version names the revision of a build, and changes that are in none.
func TestVersion(t *testing.T) {
	built := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}}
	host := " " + runtime.GOOS + "/" + runtime.GOARCH
	if got, want := version(built, true), "v1.2.3, unknown revision, go1.26.0"+host; got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
	built.Main.Sum = "h1:abc="
	if got, want := version(built, true), "v1.2.3, sum h1:abc=, go1.26.0"+host; got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
	built.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-29T10:00:00Z"}, {Key: "vcs.modified", Value: "true"}}
	if got, want := version(built, true), "v1.2.3, revision abc with changes of 2026-11-29T10:00:00Z, go1.26.0"+host; got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
	if got, want := version(nil, false), "unknown, "+runtime.Version(); got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
}
