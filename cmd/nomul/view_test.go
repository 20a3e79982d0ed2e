package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/ir/irtest"
	"nomul/runtime/record"
	"nomul/runtime/view"
)

// embeddedModel finds the network in a page.
var embeddedModel = regexp.MustCompile(`(?s)<script type="application/json" id="model">(.*?)</script>`)

func viewed(t *testing.T, args ...string) *view.Model {
	t.Helper()
	file := filepath.Join(t.TempDir(), "view.html")
	var said strings.Builder
	if code := run(append(append([]string{"view"}, args...), "-o", file), io.Discard, &said); code != 0 {
		t.Fatalf("nomul view %v: %d, %s", args, code, said.String())
	}
	found := embeddedModel.FindStringSubmatch(read(t, file))
	var m view.Model
	if found == nil || json.Unmarshal([]byte(found[1]), &m) != nil {
		t.Fatalf("nomul view %v: the page has no model", args)
	}
	return &m
}

// A value is followed from pass to pass: archives have, of a network, the layers of its first stage, and of
// each stage the values that have become others in the next one.
func TestView(t *testing.T) {
	for _, path := range irtest.Files(t, "../../testdata/view/*.txtar") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a := irtest.Load(t, path)
			command, _, _ := strings.Cut(string(a.Comment), "\n")
			m := viewed(t, strings.Fields(strings.ReplaceAll(strings.TrimPrefix(command, "nomul view "), "testdata/", "../../testdata/"))...)
			irtest.Check(t, path, a, "layers", layersText(m))
			irtest.Check(t, path, a, "links", linksText(m))
		})
	}
}

func layersText(m *view.Model) string {
	var b strings.Builder
	for _, l := range m.Stages[0].Layers {
		fmt.Fprintf(&b, "%s (%s):", l.Name, l.Kind)
		for _, id := range l.Members {
			b.WriteString(" " + m.Values[id].Name)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func linksText(m *view.Model) string {
	var b strings.Builder
	for _, s := range m.Stages {
		fmt.Fprintf(&b, "%s\n", s.Pass)
		for _, id := range s.Values {
			links, ok := s.Links[id]
			var to []string
			for _, l := range links {
				to = append(to, map[int]string{1: "part of "}[l[1]]+m.Values[l[0]].Name)
			}
			if text := strings.Join(to, ", "); ok && text != m.Values[id].Name {
				fmt.Fprintf(&b, "\t%s → %s\n", m.Values[id].Name, text)
			}
		}
	}
	return b.String()
}

// From the fixed level, nothing gets lost: each value of integers comes from the file, but for numbers that
// passes have made.
func TestViewFindsEveryLayer(t *testing.T) {
	for _, model := range []string{"fmnist-mlp-sj/mlp_dynamo26_sjhead.onnx", "fmnist-cnn-snntorch/cnn_ts26.onnx", "fmnist-resnet-sj-sew/ressew_ts113_sj014_bn.onnx"} {
		m := viewed(t, "../../testdata/models/"+model, "--mean", ".286", "--std", ".353")
		first := map[string]bool{}
		for _, l := range m.Stages[0].Layers {
			first[l.Name] = true
		}
		for _, l := range m.Stages[len(m.Stages)-1].Layers {
			if (l.Kind == view.Neurons || l.Kind == view.Weights) && !first[l.Name] {
				t.Errorf("%s: no value of the file becomes %s", model, l.Name)
			}
		}
	}
}

// Spike rates of a record are those of its layers; a record of another network is refused.
func TestViewRates(t *testing.T) {
	const model = "../../testdata/models/mlp-slice/mlp_slice.onnx"
	flags := []string{model, "--mean", ".286", "--std", ".353"}
	var net strings.Builder
	if code := run(append([]string{"ir", "--level", "fixed"}, flags...), &net, io.Discard); code != 0 {
		t.Fatal(code)
	}
	r := record.Record{Format: record.Format, Counted: 2, Layers: []record.Layer{{Name: "lif1", Kind: "neuron", Neurons: 3, Spikes: []int64{0, 3, 6, 3}}},
		Run:    record.Run{Model: "mlp_slice.onnx", NetDigest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(net.String()))), Samples: 2, Steps: 4, Classes: 2, Level: "fixed"},
		Images: record.Images{Labels: []int{0, 1}, Classes: []int{0, 1}}}
	file := filepath.Join(t.TempDir(), "run.json")
	if err := r.Write(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	m := viewed(t, append(flags, "--run", file)...)
	want := map[string]view.Rate{"lif1": {Rate: .5, Steps: []float64{0, .5, 1, .5}, Images: 2}}
	if diff := cmp.Diff(want, m.Rates); diff != "" {
		t.Error(diff)
	}
	var said strings.Builder
	if code := run(append([]string{"view", "--weights", "4", "--run", file, "-o", file + ".html"}, flags...), io.Discard, &said); code != exitFault || !strings.Contains(said.String(), "another network than this one") {
		t.Errorf("%d: %s", code, said.String())
	}
}

// A served page is there until Ctrl-C, which is how that command is meant to end.
func TestViewServes(t *testing.T) {
	irtest.Long(t)
	command, err := exec.LookPath("nomul")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(command, "view", "--serve", "../../testdata/models/mlp-slice/mlp_slice.onnx", "--level", "spiking")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	said, err := bufio.NewReader(out).ReadString('\n')
	address := regexp.MustCompile(`http://\S+/`).FindString(said)
	if err != nil || address == "" {
		t.Fatalf("it says %q: %v", said, err)
	}
	got, err := http.Get(address + "texts/0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(got.Body)
	got.Body.Close()
	if err != nil || !strings.Contains(string(text), "%fc1.weight = const") {
		t.Errorf("%s: %v", text, err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
