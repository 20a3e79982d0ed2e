package main

import (
	"fmt"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/record"
)

// keptResiduals are the predictions of the integers with their residuals where they were
// trained, when the net under test has them before the neurons; else nil.
func (e *evaluator) keptResiduals(net *ir.Net, engineName string) (*record.Kept, error) {
	o := *e.model.options
	if !o.MembraneResiduals {
		return nil, nil
	}
	o.MembraneResiduals, o.Tell, o.Note = false, nil, nil
	kept, err := passes.Lower(e.model.net, ir.Fixed, "", &o, nil)
	if err != nil || ir.Print(kept, "") == ir.Print(net, "") {
		return nil, err
	}
	ready := make(chan struct{})
	close(ready)
	p, err := e.classesOf(kept, engineName, ready)
	if err != nil {
		return nil, err
	}
	r := &record.Kept{}
	for i, class := range p.classes {
		r.Correct += truth(class == e.images.Labels[i])
	}
	return r, nil
}

// keptRow returns the change of accuracy by moved residuals.
func (r *evaluation) keptRow() []string {
	return []string{"residuals", fmt.Sprintf("%.2f %% accuracy with residuals as they were trained; before the neurons they change it by %+.2f points",
		100**r.KeptAccuracy, 100*(r.Accuracy-*r.KeptAccuracy))}
}
