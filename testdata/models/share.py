"""Moves the weights of a folder's ONNX files into one file beside them.

All exports of a network hold the same weights, so that ONNX's external data
keeps each tensor of 128 bytes and more once, in weights.bin. Notes of the
exporter that mean nothing (metadata, stack traces) are dropped. Files given by
--keep stay as they are. Needs the Python package onnx.

    python share.py FOLDER [--keep FILE]...
"""
import argparse
import glob
import os

import onnx


def tensors(graph):
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                yield attribute.t
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from tensors(attribute.g)


def drop_notes(graph):
    for thing in [*graph.node, *graph.value_info, *graph.initializer, graph]:
        thing.ClearField("metadata_props")
        thing.ClearField("doc_string")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                drop_notes(attribute.g)


def move(tensor, blob, offsets):
    data = tensor.raw_data
    if data not in offsets:
        offsets[data] = len(blob)
        blob.extend(data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in [("location", "weights.bin"), ("offset", offsets[data]), ("length", len(data))]:
        tensor.external_data.add(key=key, value=str(value))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--keep", action="append", default=[])
    args = parser.parse_args()
    blob, offsets = bytearray(), {}
    for path in sorted(glob.glob(os.path.join(args.folder, "*.onnx"))):
        if os.path.basename(path) in args.keep:
            continue
        model = onnx.load(path, load_external_data=True)
        for tensor in tensors(model.graph):
            if len(tensor.raw_data) >= 128:
                move(tensor, blob, offsets)
        drop_notes(model.graph)
        with open(path, "wb") as file:
            file.write(model.SerializeToString(deterministic=True))
    with open(os.path.join(args.folder, "weights.bin"), "wb") as file:
        file.write(blob)


if __name__ == "__main__":
    main()
