package onnx

import (
	"strconv"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/diag"
)

// A Loader reads exactly length bytes at an offset of a file that the model
// names. location is a path as the model has it, meant relative to the model's folder:
// the loader decides from where it reads. It must not ask for memory before it knows that
// the bytes are there.
type Loader func(location string, offset, length int64) ([]byte, error)

// external reads the data of a tensor, of a number of bytes, that the file keeps
// in another file. A fault of that file is told once: for the tensors
// behind the first one the diagnostic is empty.
func (imp *importer) external(pb *onnxpb.TensorProto, want int64) ([]byte, *diag.Diagnostic) {
	location, offset, d := place(pb, want)
	switch {
	case d != nil:
		return nil, d
	case len(pb.RawData) > 0 || typedLen(pb) > 0:
		return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "has data both here and in another file (%s)", location)
	case imp.load == nil:
		return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "has its data in another file (%s), and no folder is given to look in", location)
	}
	data, err := imp.load(location, offset, want)
	switch {
	case err != nil && imp.lost[location+err.Error()]:
		return nil, &diag.Diagnostic{}
	case err != nil:
		imp.lost[location+err.Error()] = true
		return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "has its data in another file (%s): %v", location, err)
	case int64(len(data)) != want:
		return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "has %d bytes of data in another file (%s), wanted %d", len(data), location, want)
	}
	imp.room += len(data) * madePerByte
	return data, nil
}

// place reads where the data is. A length is optional, and must be that of
// the tensor; a checksum is not looked at, as in ONNX itself.
func place(pb *onnxpb.TensorProto, want int64) (location string, offset int64, d *diag.Diagnostic) {
	for _, entry := range pb.ExternalData {
		var number int64
		if entry.Key == "offset" || entry.Key == "length" {
			var err error
			if number, err = strconv.ParseInt(entry.Value, 10, 64); err != nil || number < 0 {
				return "", 0, diag.Errorf(diag.Origin{}, diag.BadConstant, "has its data in another file at %s %q, wanted a number", entry.Key, entry.Value)
			}
		}
		switch entry.Key {
		case "location":
			location = entry.Value
		case "offset":
			offset = number
		case "length":
			if number != want {
				return "", 0, diag.Errorf(diag.Origin{}, diag.BadConstant, "has %d bytes of data in another file, wanted %d", number, want)
			}
		}
	}
	if location == "" {
		d = diag.Errorf(diag.Origin{}, diag.BadConstant, "has its data in another file, but does not name it")
	}
	return location, offset, d
}
