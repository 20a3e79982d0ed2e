// Package view shows a network through its stages: as the file has it, behind every pass that changes
// it, and as the program that engines are made of. A page has, of each stage, its text and its graph,
// collapsed by layer, and follows a value through all of them.
//
// A Builder is given the network behind each pass and keeps of it the texts of values and summaries of
// constants, so that no more than one network is held at a time. Links say which values of a stage those
// of the stage before have become (lineage.go): the same by name, by their node of the file or as copies,
// or a part of their readers. A layer is a value of the last stage with all that becomes it
// (layers.go), which holds for files of all exporters, whatever they call their nodes. The graph of
// layers, and that of values within one, is laid out in rows here (layout.go); the page only moves
// boxes apart where one is opened.
package view
