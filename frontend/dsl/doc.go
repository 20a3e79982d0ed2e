// Package dsl is the language in which people write spiking networks: .snn files.
package dsl
