package record

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Named is a record with the name of its file, for messages.
type Named struct {
	Name string
	*Record
}

// Merge is the record of one run that the records of all its shards, in any order, add up to.
// It refuses records of different runs, and shards that are missing or there twice.
func Merge(shards []Named) (*Record, error) {
	if len(shards) == 0 {
		return nil, fmt.Errorf("there are no records to merge")
	}
	byPart := map[int]Named{}
	first := shards[0]
	for _, s := range shards {
		if s.Shard == nil {
			return nil, fmt.Errorf("%s is no shard: it has all images", s.Name)
		}
		if why := first.differs(s.Record); why != "" {
			return nil, fmt.Errorf("%s and %s are of different runs: %s", first.Name, s.Name, why)
		}
		if other, twice := byPart[s.Shard.Part]; twice {
			return nil, fmt.Errorf("%s and %s overlap: both are shard %d/%d", other.Name, s.Name, s.Shard.Part, s.Shard.Of)
		}
		byPart[s.Shard.Part] = s
	}
	var missing []string
	for part := 1; part <= first.Shard.Of; part++ {
		if byPart[part].Record == nil {
			missing = append(missing, fmt.Sprintf("%d/%d", part, first.Shard.Of))
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("shards are missing: %s", joined(missing))
	}
	out := first.empty()
	for _, part := range slices.Sorted(maps.Keys(byPart)) {
		out.add(byPart[part].Record)
	}
	return out, nil
}

// shownMissing bounds the shards that a message names.
const shownMissing = 10

func joined(list []string) string {
	text := strings.Join(list[:min(len(list), shownMissing)], ", ")
	if len(list) > shownMissing {
		text += fmt.Sprintf(" and %d more", len(list)-shownMissing)
	}
	return text
}

// differs says in which way two records are not of one run; empty if they are.
func (r *Record) differs(other *Record) string {
	if why := r.Run.Differs(other.Run); why != "" {
		return why
	}
	if r.Range().Of != other.Range().Of {
		return fmt.Sprintf("one is a shard of %d, one of %d", r.Range().Of, other.Range().Of)
	}
	a, b := r.empty(), other.empty()
	switch {
	case !reflect.DeepEqual(a.Layers, b.Layers):
		return "their layers are not the same"
	case !reflect.DeepEqual(a.Operations, b.Operations) || !reflect.DeepEqual(a.Costs, b.Costs):
		return "their operations are not the same"
	case (a.Compared == nil) != (b.Compared == nil), (a.Kept == nil) != (b.Kept == nil), len(a.Images.After) != len(b.Images.After), a.Unstepped != b.Unstepped:
		return "one has counts that the other has not"
	}
	return ""
}

// Differs names the first thing in which two runs differ; empty if there is none.
func (r Run) Differs(other Run) string {
	a, b := reflect.ValueOf(r), reflect.ValueOf(other)
	for i := range a.NumField() {
		x, y := a.Field(i).Interface(), b.Field(i).Interface()
		name := a.Type().Field(i).Tag.Get("json")
		if m, is := x.(map[string]string); is {
			if why := settingsDiffer(m, y.(map[string]string)); why != "" {
				return why
			}
		} else if !reflect.DeepEqual(x, y) {
			return fmt.Sprintf("%s is %v of one, %v of the other", name, x, y)
		}
	}
	return ""
}

func settingsDiffer(a, b map[string]string) string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x, inA := a[name]
		y, inB := b[name]
		switch {
		case inA != inB:
			return fmt.Sprintf("only one has --%s %s", name, all[name])
		case x != y:
			return fmt.Sprintf("--%s is %s of one, %s of the other", name, x, y)
		}
	}
	return ""
}

// empty is the record of the same run without an image, of all images.
func (r *Record) empty() *Record {
	out := *r
	out.Shard, out.Counted, out.Times = nil, 0, Times{}
	out.Images = Images{Labels: []int{}, Classes: []int{}}
	if r.Images.After != nil {
		out.Images.After = make([][]int, len(r.Images.After))
	}
	out.Layers, out.Operations = slices.Clone(r.Layers), slices.Clone(r.Operations)
	for i, l := range r.Layers {
		if l.Spikes != nil {
			out.Layers[i].Spikes = make([]int64, len(l.Spikes))
		}
	}
	for i, o := range r.Operations {
		out.Operations[i].Synops = make([]int64, len(o.Synops))
	}
	if r.Compared != nil {
		out.Compared = &Compared{}
	}
	if r.Kept != nil {
		out.Kept = &Kept{}
	}
	return &out
}

// add adds the counts of the next shard.
func (r *Record) add(s *Record) {
	r.Counted += s.Counted
	r.Images.Labels = append(r.Images.Labels, s.Images.Labels...)
	r.Images.Classes = append(r.Images.Classes, s.Images.Classes...)
	for t := range r.Images.After {
		r.Images.After[t] = append(r.Images.After[t], s.Images.After[t]...)
	}
	for i := range r.Layers {
		sum(r.Layers[i].Spikes, s.Layers[i].Spikes)
	}
	for i := range r.Operations {
		sum(r.Operations[i].Synops, s.Operations[i].Synops)
	}
	if r.Compared != nil {
		r.Compared.Images += s.Compared.Images
		r.Compared.Correct += s.Compared.Correct
		r.Compared.Equal += s.Compared.Equal
	}
	if r.Kept != nil {
		r.Kept.Correct += s.Kept.Correct
	}
	r.Times.Measured += s.Times.Measured
	r.Times.Engine += s.Times.Engine
	r.Times.Data += s.Times.Data
	r.Times.Start += s.Times.Start
}

func sum(to, from []int64) {
	for i, n := range from {
		to[i] += n
	}
}
