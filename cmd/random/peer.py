"""Runs files with onnxruntime: one line of JSON per file on standard input, one on
standard output. A file is run for each sample, and of a file of one step for each
of its steps, its states handed on."""
import json
import sys

import numpy as np
import onnxruntime as ort

options = ort.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 4


def turns(session, sample, states):
    state = {}
    kinds = {i.name: {"tensor(float)": np.float32}.get(i.type) or np.dtype(i.type[7:-1]) for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    for x in sample:
        feed = {}
        for i in session.get_inputs():
            feed[i.name] = state.get(i.name, np.zeros(i.shape, np.float32))
        if "x" in feed:
            feed["x"] = np.array(x).reshape(feed["x"].shape).astype(kinds["x"])
        out = dict(zip(names, session.run(names, feed)))
        state = {a: out[b] for a, b in states}
        yield {k: [float(f) for f in v.ravel()] for k, v in out.items()}


for line in sys.stdin:
    job = json.loads(line)
    try:
        session = ort.InferenceSession(job["file"], options, providers=["CPUExecutionProvider"])
        answer = {"samples": [list(turns(session, s, job["states"])) for s in job["samples"]]}
    except Exception as e:
        answer = {"error": str(e)}
    print(json.dumps(answer), flush=True)
