//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"nomul/ir/irtest"
	"nomul/runtime/record"
)

// timesLine is the line of a record that no two runs have alike.
var timesLine = regexp.MustCompile(`(?m)^  "times": .*\n`)

func untimed(t *testing.T, file string) string {
	t.Helper()
	text := read(t, file)
	if len(timesLine.FindAllString(text, -1)) != 1 {
		t.Fatalf("%s has no line of times", file)
	}
	return timesLine.ReplaceAllString(text, "")
}

// Seven shards, one of which is killed and repeated, merge to the record of one run, byte for byte but
// for times.
func TestShards(t *testing.T) {
	irtest.Long(t)
	const shards = 7
	dir := t.TempDir()
	line := []string{"eval", mlpFolder + "/mlp_ts26_sjhead_bn.onnx", "--images", images, "--labels", labels,
		"--mean", ".2860", "--std", ".3530", "--limit", "73", "--compare", "20", "--engine", "go"}
	shard := func(i int) []string {
		return append(line[:len(line):len(line)], "--shard", fmt.Sprintf("%d/%d", i, shards), "-o", fmt.Sprintf("%s/%d.json", dir, i), "--resume")
	}
	killed := exec.Command("nomul", shard(4)...)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait()
	if _, err := os.Stat(dir + "/4.json"); !errors.Is(err, fs.ErrNotExist) {
		if _, err := record.Read(dir + "/4.json"); err != nil {
			t.Errorf("a shard that was killed left half a record: %v", err)
		}
	}
	merge := []string{"merge"}
	for i := 1; i <= shards; i++ {
		nomul(t, shard(i)...)
		merge = append(merge, fmt.Sprintf("%s/%d.json", dir, i))
	}
	merged, whole := dir+"/merged.json", dir+"/whole.json"
	text := nomul(t, append(merge, "-o", merged)...)
	nomul(t, append(line, "-o", whole)...)
	if got, want := untimed(t, merged), untimed(t, whole); got != want {
		t.Errorf("merged\n%s\nin one run\n%s", got, want)
	}
	if r, err := record.Read(merged); err != nil || r.Counted != 73 || r.Compared.Images != 20 || r.Compared.Correct < 15 || !strings.Contains(text, "on 20 of 73 images") {
		t.Errorf("%v\n%s", err, text)
	}
	// A prediction more that is right shows.
	if spoilt := strings.Replace(untimed(t, merged), `"classes":[9,`, `"classes":[8,`, 1); spoilt == untimed(t, whole) {
		t.Error("another record is the same")
	}
}
