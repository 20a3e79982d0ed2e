package onnx

import (
	"strconv"
	"strings"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/diag"
)

// order lists the nodes with makers before readers; a file that is in order
// already, as ONNX demands, keeps its order. A circle is reported.
func (s *scope) order(nodes []*onnxpb.NodeProto) ([]*onnxpb.NodeProto, bool) {
	w := &sorter{nodes: nodes, reads: s.reads, maker: make(map[string]int, len(nodes)), state: make([]visit, len(nodes))}
	for i, pb := range nodes {
		for _, name := range pb.Output {
			if name != "" {
				w.maker[name] = i
			}
		}
	}
	for i := range nodes {
		if circle := w.visit(i); circle != nil {
			s.imp.list.Add(s.originOf(nodes[circle[0]]), diag.CyclicGraph, "reads its own result, through %s", w.names(circle))
			return nil, false
		}
	}
	return w.out, true
}

type visit uint8

const (
	unseen visit = iota
	open         // on the path from the node being visited
	done
)

// sorter is a depth-first walk from readers to makers.
type sorter struct {
	nodes []*onnxpb.NodeProto
	reads func(*onnxpb.NodeProto) []string
	maker map[string]int // node by output
	state []visit
	out   []*onnxpb.NodeProto
}

// visit appends a node behind its makers, or returns a circle. It keeps its own
// stack: a chain of nodes may be as long as the file.
func (s *sorter) visit(root int) []int {
	type frame struct {
		node   int
		inputs []string // still to visit
	}
	stack := []frame{{root, s.reads(s.nodes[root])}}
	if s.state[root] == done {
		return nil
	}
	s.state[root] = open
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.inputs) == 0 {
			s.state[top.node] = done
			s.out = append(s.out, s.nodes[top.node])
			stack = stack[:len(stack)-1]
			continue
		}
		i, made := s.maker[top.inputs[0]]
		top.inputs = top.inputs[1:]
		switch {
		case !made || s.state[i] == done:
		case s.state[i] == open:
			var path []int
			for _, f := range stack {
				path = append(path, f.node)
			}
			return circleFrom(path, i)
		default:
			s.state[i] = open
			stack = append(stack, frame{i, s.reads(s.nodes[i])})
		}
	}
	return nil
}

// circleFrom is the end of a path, from a node on.
func circleFrom(path []int, node int) []int {
	for path[0] != node {
		path = path[1:]
	}
	return path
}

// names lists a circle's nodes in the order of the data, at most eight.
func (s *sorter) names(circle []int) string {
	const most = 8
	var out []string
	for i := len(circle) - 1; i >= 0 && len(out) < most; i-- {
		out = append(out, strconv.Quote(nodeName(s.nodes[circle[i]])))
	}
	if len(circle) > most {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}
