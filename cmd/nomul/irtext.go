package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/files"
	"nomul/runtime/metrics"
)

func irCommand() *cobra.Command {
	var flags compileFlags
	var level, after, out, target string
	var each passFlags
	c := &cobra.Command{
		Use:   "ir MODEL",
		Short: "Print the intermediate representation at a level or behind a pass",
		Example: `  nomul ir model.onnx                         the network as one step of neurons
  nomul ir model.onnx --after reroll-time     behind one pass
  nomul ir model.onnx --level fixed --mean .286 --std .353 -o model.sir
  nomul ir model.onnx --each DIR              behind every pass, as files`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := flags.open(c, args[0])
			if err == nil {
				err = apart([]string{out}, m.inputs)
			}
			if err != nil {
				return err
			}
			if err := each.check(level, after, out); err != nil {
				return err
			}
			if target != "" && (level != loweredLevel || each.asked()) {
				return usageError{fmt.Errorf("--target %s: a target has a plan at --level lowered alone", target)}
			}
			if level == loweredLevel && !each.asked() {
				return m.putLowered(c, after, out, target)
			}
			l, err := parseLevel(level)
			if err != nil {
				return err
			}
			if !c.Flags().Changed("level") {
				l = max(l, m.net.Level) // a text of a later level is printed as it is
			}
			if each.asked() {
				return each.show(c, m, l, after)
			}
			dump := func() (*ir.Net, error) { return m.dump(l, after, nil) }
			if l == ir.Fixed && after == "" && m.calibration != nil {
				dump = m.measured
			}
			net, err := dump()
			if err != nil {
				return err
			}
			return m.putNet(c, net, out)
		},
	}
	flags.register(c.Flags())
	levelFlag(c.Flags(), &level, "spiking")
	withLowered(c.Flags())
	c.Flags().StringVar(&after, "after", "", "stop behind this `PASS`, whatever the level")
	c.Flags().StringVarP(&out, "out", "o", "", "write to `FILE`, with the constants in an .npz beside it")
	c.Flags().StringVarP(&target, "target", "t", "", "at the level lowered, also the plan of a `TARGET`: the order of its stages, and where their elements are")
	each.register(c)
	return c
}

// putLowered prints the program below the fixed level, and the plan of a target if one is
// named. Its larger constants are those of the fixed level.
func (m *model) putLowered(c *cobra.Command, after, out, target string) error {
	if after != "" {
		return usageError{fmt.Errorf("--after %s: passes end at the fixed level, above --level lowered", after)}
	}
	net, err := m.at(ir.Fixed)
	if err != nil {
		return err
	}
	program, plan := lower.Of(net), ""
	if target != "" {
		b, err := targetNamed(target)
		if err != nil {
			return err
		}
		t, ok := b.(planned)
		if !ok {
			return usageError{fmt.Errorf("--target %s: it has no plan of the lowered program; go and c have", target)}
		}
		if err := b.Check(net).Err(); err != nil {
			return err
		}
		p := t.Plan(net)
		program, plan = p.Program, p.Print()
	}
	text := lower.Print(program) + plan
	if out != "" {
		return m.write(c, []files.Output{files.Bytes(out, []byte(text))})
	}
	fmt.Fprint(c.OutOrStdout(), text)
	return nil
}

// dump lowers to a level, or just behind a pass. seen, when not nil, sees the net behind each.
func (m *model) dump(level ir.Level, after string, seen func(passes.Pass, *ir.Net)) (*ir.Net, error) {
	switch {
	case after == "" && seen == nil:
		return m.at(level)
	case after == "":
		return m.through(level, seen)
	}
	p, ok := passes.Named(after)
	if !ok {
		return nil, usageError{fmt.Errorf("--after %s: there is no such pass; see nomul passes%s", after, meant(after, passNames()))}
	}
	if m.net.Level > p.From {
		return nil, fmt.Errorf("%s is at the %v level already, behind %s", m.file, m.net.Level, after)
	}
	return passes.Lower(m.net, p.Goal, after, m.options, seen)
}

// measured is the net of integers, with the figures of its layers on the calibration samples.
func (m *model) measured() (*ir.Net, error) {
	met := nets{}
	fixed, err := m.through(ir.Fixed, func(p passes.Pass, n *ir.Net) {
		met.see(p, n)
		m.beginnings(p, n)
	})
	if err != nil {
		return nil, err
	}
	layers, err := m.calibration.fidelity(met, fixed)
	metrics.Keep(fixed, layers)
	return fixed, err
}

func (m *model) putNet(c *cobra.Command, net *ir.Net, out string) error {
	if out != "" {
		return m.write(c, netOutputs(net, out))
	}
	fmt.Fprint(c.OutOrStdout(), ir.Print(net, ""))
	return nil
}

func optCommand() *cobra.Command {
	var flags compileFlags
	var names, out string
	c := &cobra.Command{
		Use:     "opt FILE.sir -p PASS,…",
		Short:   "Run named passes on a text of the intermediate representation",
		Example: `  nomul opt model.sir -p fold-batch-norm,commute-readout -o after.sir`,
		Args:    oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := require(c, "passes"); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err == nil {
				err = apart([]string{out}, m.inputs)
			}
			if err != nil {
				return err
			}
			net, err := m.apply(names)
			if err != nil {
				return err
			}
			return m.putNet(c, net, out)
		},
	}
	flags.register(c.Flags())
	c.Flags().StringVarP(&names, "passes", "p", "", "the `PASSES` to run, in this order, separated by commas")
	c.Flags().StringVarP(&out, "out", "o", "", "write to `FILE`, with the constants in an .npz beside it")
	return c
}

func (m *model) apply(names string) (*ir.Net, error) {
	net := m.net
	for _, name := range strings.Split(names, ",") {
		p, ok := passes.Named(name)
		if !ok {
			return nil, usageError{fmt.Errorf("there is no pass %q; see nomul passes%s", name, meant(name, passNames()))}
		}
		next, err := passes.Apply(p, net, m.options)
		if err != nil {
			return nil, err
		}
		net = next
	}
	return net, nil
}
