package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"nomul/runtime/engine/toolchain"
)

//go:embed peer.py
var peerScript string

// job is a file for onnxruntime, and the numbers that each run takes.
type job struct {
	File    string        `json:"file"`
	States  [][2]string   `json:"states"`
	Samples [][][]float64 `json:"samples"`
}

type answer struct {
	Error   string     `json:"error"`
	Samples [][]values `json:"samples"`
}

// hasPeer reports whether Python has onnxruntime.
func hasPeer(ctx context.Context) bool {
	_, _, err := toolchain.Run(ctx, toolchain.Command{Args: []string{"python3", "-c", "import onnxruntime, numpy"}})
	return err == nil
}

// askPeer has onnxruntime compute the networks' files, all in one process, and
// holds nomul's reading of each against it.
func askPeer(ctx context.Context, batch []*network) error {
	dir, err := os.MkdirTemp("", "nomul-random-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var jobs bytes.Buffer
	for i, n := range batch {
		j := job{File: filepath.Join(dir, fmt.Sprint(i, ".onnx")), States: append([][2]string{}, n.model.State...)}
		if err := os.WriteFile(j.File, n.model.Traced, 0o644); err != nil {
			return err
		}
		for _, s := range n.samples {
			var turns [][]float64
			for t := range n.model.Turns() {
				turns = append(turns, n.model.Turn(s.real, t))
			}
			j.Samples = append(j.Samples, turns)
		}
		if err := json.NewEncoder(&jobs).Encode(j); err != nil {
			return err
		}
	}
	out, _, err := toolchain.Run(ctx, toolchain.Command{Args: []string{"python3", "-c", peerScript}, Stdin: &jobs})
	if err != nil {
		return err
	}
	lines := bufio.NewReader(bytes.NewReader(out))
	for _, n := range batch {
		var a answer
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &a)
		}
		if err != nil {
			return fmt.Errorf("onnxruntime: %w", err)
		}
		n.beside(a)
	}
	return nil
}

// beside holds the source against onnxruntime's answer.
func (n *network) beside(a answer) {
	n.peered = a.Error == ""
	if a.Error != "" {
		n.outcome = outcome{internal, "onnxruntime", a.Error} // the generator's own fault
		return
	}
	for i, turns := range a.Samples {
		s := &n.samples[i]
		if s.outputs == nil { // refused before it ran
			continue
		}
		theirs := n.recorded(turns)
		n.ahead = nil
		_, tied, err := n.sameAhead(s.recording, trace{theirs.spikes, theirs.outputs})
		if err == nil && !tied {
			err = n.sameOutputs(s.recording, theirs.outputs)
		}
		if err != nil && n.outcome.verdict != wrong {
			n.outcome = outcome{wrong, "onnxruntime", fmt.Sprintf("sample %d: %v (nomul's source is the second)", i, err)}
		}
		s.tied = s.tied || tied
	}
}
