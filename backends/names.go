package backends

import (
	"fmt"
	"regexp"
	"strings"

	"nomul/ir"
)

// Names are the identifiers of inputs and outputs in an artefact.
type Names map[*ir.Value]string

// PortNames names inputs and outputs: lower-case identifiers of the names in the model,
// each once. Those that an exporter made up become x and y, with numbers where there are
// several; x0 and y1 are such names already, for y0 must not be the model's y1.
func PortNames(net *ir.Net) Names {
	names, taken := Names{}, map[string]bool{}
	ports := PortsOf(net)
	for _, side := range []struct {
		ports []*ir.Value
		plain string
	}{{ports.Inputs, "x"}, {ports.Outputs, "y"}} {
		var nameless []*ir.Value
		for _, v := range side.ports {
			if name := clean(v.Name); name != "" && (len(side.ports) > 1 || !numbered.MatchString(v.Name)) {
				names[v] = unused(name, taken)
			} else {
				nameless = append(nameless, v)
			}
		}
		for i, v := range nameless {
			name := side.plain
			if len(nameless) > 1 {
				name += fmt.Sprint(i)
			}
			names[v] = unused(name, taken)
		}
	}
	return names
}

// maxName is the most letters of a name that people would have chosen.
const maxName = 32

// madeUp matches the names that exporters give: onnx::Unsqueeze_0, /fc/Gemm_output_0, input.1,
// args_0, 123, and the op with a number that PyTorch's newer exporter takes.
var madeUp = regexp.MustCompile(`::|^/|_output_\d+$|^[\d._]*$|^(inputs?|outputs?|args?|val|tensor)[._]?\d+$` +
	`|^(add|sub|mul|div|neg|mean|sum|stack|cat|view|reshape|squeeze|unsqueeze|getitem|where|linear|addmm|matmul|conv\dd|softmax|slice|select)(_\d+)?$`)

var (
	numbered = regexp.MustCompile(`^[xy][._]?\d+$`)
	others   = regexp.MustCompile(`[^a-z0-9]+`)
	letter   = regexp.MustCompile(`^[a-z]`)
)

// clean is the identifier of a name; empty when nobody chose it, or none can be made.
func clean(name string) string {
	if madeUp.MatchString(name) {
		return ""
	}
	id := strings.Trim(others.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if len(id) > maxName || !letter.MatchString(id) {
		return ""
	}
	return id
}

// Letters is a name with an underscore in place of each byte that is no letter or digit of ASCII.
func Letters(name string) string {
	out := []byte(name)
	for i, c := range out {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			out[i] = '_'
		}
	}
	return string(out)
}

// unused is the name, with a number behind it if it is taken.
func unused(name string, taken map[string]bool) string {
	out := name
	for i := 2; taken[out]; i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	taken[out] = true
	return out
}
