//go:build tools

package main

// The program that runs the emitted engine beside onnxruntime is generated from
// peer.go.tmpl and built in a module of its own, because it needs cgo and a C
// compiler, which nothing else in nomul does. This import, which no build sees,
// keeps the version it uses in go.mod, also under go mod tidy.
import _ "github.com/yalue/onnxruntime_go"
