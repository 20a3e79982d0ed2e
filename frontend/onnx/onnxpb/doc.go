// Package onnxpb is the wire form of the part of ONNX that nomul reads: our own
// schema, onnx.proto, with ONNX's names and numbers, and the Go code made from it.
package onnxpb

//go:generate protoc --go_out=. --go_opt=paths=source_relative onnx.proto
