package main

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"nomul/ir/irtest"
)

// A disk that is full leaves no new file, not even a part of one, and old ones as they were.
func TestDiskIsFull(t *testing.T) {
	irtest.Long(t)
	p := newPlace(t)
	disk := p.dir + "/disk"
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8k"); err != nil {
		t.Skip("no small disk can be mounted: ", err)
	}
	defer syscall.Unmount(disk, 0)
	data, err := os.ReadFile(p.dir + "/long.snn")
	if err = errors.Join(err, os.WriteFile(disk+"/long.snn", data, 0o644), os.WriteFile(disk+"/filler", make([]byte, 4<<10), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"ir model.onnx -o disk/a.sir", "ir slow.snn -o disk/a.sir", "opt a.sir -p prune-dead -o disk/a.sir", "export model.onnx -o disk/a.snn",
		"run model.onnx -i good.npz -o disk/o.npz" + onMean, "run model.onnx -i good.npz -o o.npz --trace disk/t.npz" + onMean,
		"build model.onnx -t c -o disk/c" + onMean, "fmt -w disk/long.snn", "new disk/first.snn",
	} {
		if out, err := p.command("ir model.onnx -o a.sir").CombinedOutput(); err != nil {
			t.Fatal(string(out))
		}
		before := p.files(t)
		c := p.command(line)
		out, err := c.CombinedOutput()
		files := left(before, p.files(t))
		row(t, line, "disk full", c.ProcessState.ExitCode(), files)
		if c.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "no space left on device") || files != "none" {
			t.Errorf("%s: %v, said %q, left %s", line, err, out, files)
		}
	}
}
