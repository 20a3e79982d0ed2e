package onnx_test

func sequenceCases() []opCase {
	split := func(text string, m *model) *model {
		return m.node("SplitToSequence "+text+" -> q", attrInt("axis", 1))
	}
	at := func(m *model, position int64) *model {
		return m.init(scalar(int64s("at", position))).node("SequenceAt q,at -> y").out("y")
	}
	q := func() *model { return x(13, 1, 2).node("Neg x -> n").node("SequenceConstruct x,n -> q") }
	both := func(m *model) *model { return m.node("ConcatFromSequence r -> y", attrInt("axis", 1)).out("y") }
	collect := newModel(13).node("Gather x,t -> xt", attrInt("axis", 1)).node("Neg xt -> w").node("SequenceInsert all,w -> more").node("Identity go -> on").out("on", "more")
	return []opCase{
		{"SequenceConstruct", at(q(), 1)},
		{"SequenceAt-from-the-end", at(q(), -2)},
		{"SequenceEmpty", x(13, 1, 2).node("SequenceEmpty -> e", attrInt("dtype", int64(tFloat))).node("SequenceInsert e,x -> q").node("ConcatFromSequence q -> y", attrInt("axis", 0)).out("y")},
		{"SequenceLength", q().node("SequenceLength q -> n2").node("Identity x -> y").out("n2", "y")},
		{"SequenceInsert-front", both(q().ints("front", 0).node("SequenceInsert q,n,front -> r"))},
		{"SequenceInsert-before-the-last", both(q().ints("last", -1).node("SequenceInsert q,n,last -> r"))},
		{"SequenceErase", both(q().ints("first", 0).node("SequenceErase q,first -> r"))},
		{"SequenceErase-last", both(q().node("SequenceErase q -> r"))},
		{"SplitToSequence", at(split("x", x(13, 1, 3)), 2)},
		{"SplitToSequence-uneven", at(split("x,two", x(13, 1, 3).init(scalar(int64s("two", 2)))), 1)},
		{"SplitToSequence-list", at(split("x,list", x(13, 1, 3).ints("list", 1, 2)), 1)},
		{"SplitToSequence-no-axis", at(x(13, 1, 3).node("SplitToSequence x -> q", attrInt("axis", 1), attrInt("keepdims", 0)), 0)},
		{"SplitToSequence-no-axis-by-one", at(x(13, 1, 3).init(scalar(int64s("one", 1))).node("SplitToSequence x,one -> q", attrInt("axis", 1), attrInt("keepdims", 0)), 0)},
		{"SplitToSequence-list-keeps", at(x(13, 1, 2).ints("list", 1, 1).node("SplitToSequence x,list -> q", attrInt("axis", 1), attrInt("keepdims", 0)), 0)},
		{"SplitToSequence-known", x(13, 1, 4).ints("shape", 2, 2).init(scalar(int64s("zero", 0))).node("SplitToSequence shape -> q").node("SequenceAt q,zero -> a").
			node("Concat a,a -> s", attrInt("axis", 0)).node("Reshape x,s -> y").out("y")},
		{"ConcatFromSequence", q().node("ConcatFromSequence q -> y", attrInt("axis", -1)).out("y")},
		{"ConcatFromSequence-stack", q().node("ConcatFromSequence q -> y", attrInt("axis", -1), attrInt("new_axis", 1)).out("y")},
		{"Loop-sequence", x(13, 1, 3, 2).init(scalar(int64s("n", 3))).node("SequenceEmpty -> none").node("Loop n,,none -> q", attrGraph("body", collect, "t", "go", "all")).
			node("ConcatFromSequence q -> y", attrInt("axis", 0), attrInt("new_axis", 1)).out("y")},
	}
}
