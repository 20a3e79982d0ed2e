package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/files"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
	"nomul/runtime/view"
)

// viewFlags say where the page goes.
type viewFlags struct {
	compileFlags
	level, after, out string
	serve             bool
	port              int
	record            string
}

func viewCommand() *cobra.Command {
	var flags viewFlags
	c := &cobra.Command{
		Use:   "view MODEL",
		Short: "Show a network through its stages, as a page with graph and text",
		Long: `Write a page that shows the network as the file has it, behind every pass that
changes it, and as the program that engines are made of: its graph, collapsed by
layer, beside its text. A click on a value follows it through all stages, from
the node of the file to the integers, and shows its type, range, scale, how far
it may be off, a histogram of its numbers, and whether it multiplies. With
--calibrate it also has the figures of each layer that check prints, and with
--run the spike rates of an evaluation.

The page is one file and loads nothing. --serve shows it at an address of this
machine in place of writing it, and loads texts as they are looked at, which is
for large networks; Ctrl-C ends it.

Where a pass refuses the network the page ends before it and says why, and the
exit status is 1. Without --mean and --std that is where pixels come in; with
--level spiking the page ends above.`,
		Example: `  nomul view model.onnx -o view.html --mean .286 --std .353
  nomul view model.onnx -o view.html --level spiking
  nomul view model.onnx --serve --mean .286 --std .353
  nomul view model.onnx -o view.html --run run.json --mean .286 --std .353`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error { return flags.run(c, args[0]) },
	}
	flags.register(c.Flags())
	levelFlag(c.Flags(), &flags.level, loweredLevel)
	withLowered(c.Flags())
	c.Flags().StringVar(&flags.after, "after", "", "stop behind this `PASS`, whatever the level")
	c.Flags().StringVarP(&flags.out, "out", "o", "", "write the page to `FILE`")
	c.Flags().StringVar(&flags.record, "run", "", "the `FILE` of an evaluation of the same network, as eval -o writes it, whose spike rates are shown")
	c.Flags().BoolVar(&flags.serve, "serve", false, "show the page at an address of this machine until Ctrl-C")
	c.Flags().IntVar(&flags.port, "port", 0, "the `PORT` of --serve (one that is free)")
	return c
}

// check refuses flags that do not go together.
func (f *viewFlags) check(c *cobra.Command) error {
	switch {
	case f.serve == (f.out != ""):
		return usageError{errors.New("wanted either -o FILE, for the page, or --serve")}
	case c.Flags().Changed("port") && !f.serve:
		return usageError{fmt.Errorf("--port %d: a page has one with --serve", f.port)}
	case f.port < 0 || f.port > 65535:
		return usageError{fmt.Errorf("--port %d: wanted 0 to 65535", f.port)}
	case f.after != "" && c.Flags().Changed("level") && f.level == loweredLevel:
		return usageError{fmt.Errorf("--after %s: passes end at the fixed level, above --level lowered", f.after)}
	}
	return nil
}

func (f *viewFlags) run(c *cobra.Command, file string) error {
	if err := f.check(c); err != nil {
		return err
	}
	below := f.level == loweredLevel && f.after == ""
	level, err := ir.Fixed, error(nil)
	if f.level != loweredLevel {
		level, err = parseLevel(f.level)
	}
	if err != nil {
		return err
	}
	m, err := f.open(c, file)
	if err == nil && m.net.Level > level {
		err = fmt.Errorf("%s is at the %v level already, and cannot go back to %v", file, m.net.Level, level)
	}
	if err == nil {
		err = apart([]string{f.out}, append(m.inputs, f.record))
	}
	if err != nil {
		return err
	}
	shown, err := m.shown(level, f.after, below, f.record)
	if shown == nil {
		return err
	}
	if f.serve {
		return errors.Join(f.show(c, shown), err)
	}
	page := files.Output{Path: f.out, Fill: shown.Write}
	return errors.Join(m.write(c, []files.Output{page}), err)
}

// shown lowers the model, and collects its stages, with the spike rates of a record if one is named. Where a pass
// refuses it there are those before, and the error.
func (m *model) shown(level ir.Level, after string, below bool, file string) (*view.Model, error) {
	b := view.New(m.net)
	met := nets{}
	m.options.Bound = b.Bound
	net, refused := m.dump(level, after, func(p passes.Pass, n *ir.Net) {
		b.Net(p.Name, p.Doc, n)
		met.see(p, n)
		m.beginnings(p, n)
	})
	var usage usageError
	if errors.As(refused, &usage) {
		return nil, refused
	}
	if refused == nil {
		if err := m.found(b, net, met, file); err != nil {
			return nil, err
		}
		if below {
			b.Program(loweredLevel, "the program that engines are made of", lower.Of(net))
		}
	}
	built, ok := debug.ReadBuildInfo()
	why := ""
	if refused != nil {
		why = strings.ReplaceAll(refused.Error(), m.file, filepath.Base(m.file))
	}
	return b.Done(strings.Split(version(built, ok), ",")[0], why), refused
}

// found notes the spike rates of a record, if one is named, and the figures of layers on calibration samples.
func (m *model) found(b *view.Builder, net *ir.Net, met nets, file string) error {
	if file != "" {
		r, err := recordOf(net, file)
		if err != nil {
			return err
		}
		b.Rates(r)
	}
	if m.calibration != nil && net.Level == ir.Fixed {
		layers, err := m.calibration.fidelity(met, net)
		if err != nil {
			return err
		}
		metrics.Keep(net, layers) // behind the digest of the record, which is of a net without
	}
	b.Measured(net)
	return nil
}

// recordOf reads a record, which must be of the same network.
func recordOf(net *ir.Net, file string) (*record.Record, error) {
	r, err := record.Read(file)
	if err != nil {
		return nil, err
	}
	if r.Run.NetDigest != netDigest(net) {
		return nil, diag.Errorf(diag.Origin{File: file}, diag.BadData, "it is the record of %s with %v at the %s level, another network than this one", r.Run.Model, r.Run.Settings, r.Run.Level)
	}
	return r, nil
}

// show serves the page until the command is ended, and says where.
func (f *viewFlags) show(c *cobra.Command, m *view.Model) error {
	l, err := net.Listen("tcp", fmt.Sprintf("localhost:%d", f.port))
	if err != nil {
		return fmt.Errorf("--port %d: %w", f.port, err)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s at http://%s/ until Ctrl-C\n", m.Title(), l.Addr())
	server := &http.Server{Handler: m.Handler()}
	stop := context.AfterFunc(c.Context(), func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
