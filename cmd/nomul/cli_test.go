package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/irtest"
	"nomul/runtime/dataset"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nomul": main})
}

// Command lines as people type them: standard output, standard error and the exit code.
// Each script runs in an empty folder with $TESTDATA, a small good model.onnx,
// and spoiled copies of it.
func TestCLI(t *testing.T) {
	root, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	command, err := exec.LookPath("nomul")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "../../testdata/cli",
		UpdateScripts: irtest.Update(),
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"fault": fault, "misuse": misuse, "behind": behind},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TESTDATA", root)
			e.Setenv("NOMUL", filepath.Dir(command)) // a folder without other tools
			for _, name := range []string{"HOME", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
				e.Setenv(name, os.Getenv(name))
			}
			if err := errors.Join(spoilSamples(e.WorkDir), sixImages(e.WorkDir), parts(e.WorkDir), openInputs(root, e.WorkDir)); err != nil {
				return err
			}
			return spoil(root+"/models/mlp-slice/mlp_slice.onnx", e.WorkDir)
		},
	})
}

// fault [N] COMMAND… demands exit code 1, one message (or N), and that nothing
// is written: no result, no file, no remains of temporary ones.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	messages := 1
	if n, err := strconv.Atoi(args[0]); err == nil {
		messages, args = n, args[1:]
	}
	if got := len(messageHead.FindAllString(refused(ts, exitFault, args), -1)); got != messages {
		ts.Fatalf("%d messages, wanted %d", got, messages)
	}
}

// messageHead is how a message begins; a source line, a caret or help may follow.
var messageHead = regexp.MustCompile(`(?m)^(\S.*: )?error: `)

// behind moves the file of the net behind a pass, which has the pass's number in its name: behind
// DIR PASS TO; with !, there is none.
func behind(ts *testscript.TestScript, neg bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "[0-9][0-9]-"+args[1]+".sir"))
	ts.Check(err)
	if neg != (len(files) == 0) {
		ts.Fatalf("%s: %v", args[1], files)
	}
	if !neg {
		ts.Check(os.Rename(files[0], ts.MkAbs(args[2])))
	}
}

// misuse COMMAND… demands exit code 2 and that nothing is written.
func misuse(ts *testscript.TestScript, _ bool, args []string) { refused(ts, exitUsage, args) }

// refused runs a command line that must end with a code and write nothing, and
// returns its standard error.
func refused(ts *testscript.TestScript, code int, args []string) string {
	before := filesBelow(ts)
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		ts.Fatalf("ended with %v, wanted exit code %d", err, code)
	}
	if got := ts.ReadFile("stdout"); got != "" {
		ts.Fatalf("it printed a result:\n%s", got)
	}
	if after := filesBelow(ts); after != before {
		ts.Fatalf("it wrote files: there were\n%sand now there are\n%s", before, after)
	}
	return ts.ReadFile("stderr")
}

// filesBelow lists the files of the script's folder, temporary ones included.
func filesBelow(ts *testscript.TestScript) string {
	var list strings.Builder
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, _ os.DirEntry, err error) error {
		fmt.Fprintln(&list, path)
		return err
	}))
	return list.String()
}

// spoil writes model.onnx and broken variants of it.
func spoil(file, dir string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	write := func(name string, data []byte) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
	}
	write("model.onnx", data)
	write("truncated.onnx", data[:len(data)/2])
	write("empty.onnx", nil)
	for name, change := range map[string]func(*onnxpb.GraphProto){
		"nan.onnx":         func(g *onnxpb.GraphProto) { putFloat(g.Initializer[0].RawData, float32(math.NaN())) },
		"dtype.onnx":       func(g *onnxpb.GraphProto) { g.Initializer[0].DataType = 8 }, // strings
		"short.onnx":       func(g *onnxpb.GraphProto) { g.Initializer[0].RawData = g.Initializer[0].RawData[:8] },
		"missing.onnx":     func(g *onnxpb.GraphProto) { g.Initializer = g.Initializer[1:] },
		"cyclic.onnx":      func(g *onnxpb.GraphProto) { g.Node[0].Input[0] = g.Node[len(g.Node)-1].Output[0] },
		"unsupported.onnx": func(g *onnxpb.GraphProto) { g.Node[1].OpType, g.Node[2].OpType = "GridSample", "Frobnicate" },
	} {
		var m onnxpb.ModelProto
		if err := proto.Unmarshal(data, &m); err != nil {
			return err
		}
		change(m.Graph)
		spoiled, perr := proto.Marshal(&m)
		if perr != nil {
			return perr
		}
		write(name, spoiled)
	}
	return err
}

// spoilSamples writes samples for model.onnx, normalised or integers: good ones,
// and some whose second element is no pixel; and labelled images, two of which move.
func spoilSamples(dir string) error {
	const black = -.286 / .353
	for name, second := range map[string]float64{"good": black, "nan": math.NaN(), "inf": math.Inf(1), "half": 0.5, "huge": 1e30} {
		a := dataset.Floats(dataset.Float64, []int{1, 2, 3}, []float64{black, second, black, black, black, black})
		files := map[string]map[string]*dataset.Array{name: {"x": a}}
		if name == "good" {
			files["stray"], files["other"] = map[string]*dataset.Array{"x": a, "mask": a}, map[string]*dataset.Array{"mask": a}
			files["record"] = map[string]*dataset.Array{"x": a, "spk1": a, "y": a}
		}
		for file, arrays := range files {
			if err := dataset.WriteArrays(filepath.Join(dir, file+".npz"), arrays); err != nil {
				return err
			}
		}
	}
	for name, shape := range map[string][]int{"moving": {3, 4, 6}, "twelve": {3, 5, 12}, "still": {3, 1, 12}} {
		pixels := make([]int64, shape[0]*shape[1]*shape[2])
		for i := range pixels {
			pixels[i] = int64(i * 89 % 256)
		}
		images, labels := dataset.Ints(dataset.Uint8, shape, pixels), dataset.Ints(dataset.Uint8, []int{3}, []int64{0, 1, 2})
		if err := dataset.WriteArrays(filepath.Join(dir, name+".npz"), map[string]*dataset.Array{"images": images, "x": images, "labels": labels}); err != nil {
			return err
		}
	}
	eight := make([]int64, 8*2*3) // images of different pixels
	for i := range eight {
		eight[i] = int64(i * i * 89 % 256)
	}
	images := dataset.Ints(dataset.Uint8, []int{8, 2, 3}, eight)
	if err := dataset.WriteArrays(filepath.Join(dir, "eight.npz"), map[string]*dataset.Array{"images": images}); err != nil {
		return err
	}
	for name, second := range map[string]int64{"big": 300, "most": math.MaxInt64} {
		a := dataset.Ints(dataset.Int64, []int{1, 2, 3}, []int64{0, second, 0, 0, 0, 0})
		if err := dataset.WriteArrays(filepath.Join(dir, name+".npz"), map[string]*dataset.Array{"x": a}); err != nil {
			return err
		}
	}
	return nil
}

func putFloat(raw []byte, f float32) { binary.LittleEndian.PutUint32(raw, math.Float32bits(f)) }
