# nomul: make demo | test | random | mutate | prove | node-tests | e2e | bench | accuracy | paper | pictures | update | gen | clean

GO      ?= go
SHELL   := bash
MODEL   := testdata/models/fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx
IMAGES  := testdata/data/fashion-mnist/t10k-images-idx3-ubyte.gz
LABELS  := testdata/data/fashion-mnist/t10k-labels-idx1-ubyte.gz
PIXELS  := --mean .2860 --std .3530
NOMUL   := bin/nomul

# Packages of the tree, those that others build on first: each reports as it ends.
# Property tests draw from a seed, so that a run can be repeated; SEED=0 draws a new one.
SEED    := 1
TESTED  := $(shell $(GO) list ./ir/... ./frontend/... ./passes/... ./backends/... ./runtime/... ./...)
# The time limit is per package, for slow machines with two processors.
GOTEST  := RAPID_SEED=$(SEED) $(GO) test -count=1 -p 2 -timeout 40m

# Where onnxruntime goes when Python does not have it: the engines' peer in one test and in bench.
PEER := $(CURDIR)/.cache/peer

.PHONY: random mutate prove node-tests e2e build demo test tools peer bench accuracy paper pictures update gen clean

build:
	@$(GO) build -o $(NOMUL) ./cmd/nomul

# Needs Go only: checks, compiles for all three targets, and classifies real images.
demo: build
	@echo "== what was understood, and the multiplications before and after"
	@$(NOMUL) check $(MODEL) $(PIXELS)
	@echo; echo "== the network compiled for all three targets"
	@for t in go c verilog; do \
	    $(NOMUL) build $(MODEL) -t $$t -o out/$$t --force $(PIXELS) > /dev/null && \
	    echo "$$t: out/$$t"; done
	@echo; echo "== 2,000 real images by the Go assembly engine"
	@$(NOMUL) eval $(MODEL) --images $(IMAGES) --labels $(LABELS) --limit 2000 --engine go $(PIXELS)

test bench: export PATH := $(PEER)/bin:$(PATH)

# Without some of the tools every skipped test is named, with what it needs.
test: tools peer
	$(GO) vet ./...
	@if [ -f .cache/tools-missing ]; then \
	    set -o pipefail; $(GOTEST) -v $(TESTED) 2>&1 | awk -f .ci/skipped.awk; \
	else NOMUL_REQUIRE_TOOLS=1 $(GOTEST) $(TESTED); fi

# Compiles the C of every model with gcc and clang, on three levels of optimisation, for this
# machine and three boards, and looks for multiplications in what comes out; prints a table.
# make test does a sample of it.
prove: tools
	NOMUL_REQUIRE_TOOLS=1 $(GO) test ./runtime/proof -count=1 -v -timeout 2h -run TestProve -args -prove

# Installs missing tools when it may; says which are missing when it may not.
tools:
	@.ci/tools

# Exports networks freshly from PyTorch, snnTorch, SpikingJelly (two versions) and
# Norse, and by hand, one script after another, holds nomul against what the frameworks
# compute, and sums up; the table of EXPORTING.md is of it, and UPDATE=-update writes it anew.
# Python 3.11 or newer; the packages take 6 GB in .cache/e2e and most of the time, unless
# E2E_PYTHON is one that has them. SCRIPTS="text own" are those scripts only.
PYTHON ?= python3
E2E    := .cache/e2e

e2e: $(if $(E2E_PYTHON),,$(E2E)/ready)
	@mkdir -p $(E2E)
	@GO="$(GO)" UPDATE="$(UPDATE)" .ci/e2e $(or $(E2E_PYTHON),$(E2E)/venv/bin/python) $(E2E)/old $(E2E)/fresh $(SCRIPTS)

$(E2E)/ready: testdata/export/requirements.txt
	$(PYTHON) -m venv $(E2E)/venv
	$(E2E)/venv/bin/pip install -q -r $<
	$(E2E)/venv/bin/pip install -q --no-deps --target $(E2E)/old spikingjelly==0.0.0.0.14
	touch $@

# Installs onnxruntime, a Python package, in a folder of its own; what is measured beside it is left out without it.
peer:
	@python3 -c 'import importlib.util as u; exit(not u.find_spec("onnxruntime"))' 2> /dev/null || [ -d $(PEER) ] || { \
	    echo "installing onnxruntime in $(PEER)"; mkdir -p .cache; \
	    { python3 -m venv $(PEER) && $(PEER)/bin/python3 -m pip install -q --retries 1 --timeout 30 --no-deps onnxruntime; } > .cache/peer.log 2>&1 \
	        || { rm -rf $(PEER); echo "onnxruntime cannot be installed (see .cache/peer.log): nothing is measured beside it"; }; \
	}

# Random networks: N of them from SEED (0 draws one), ENGINES of these on Go and C, BOARDS
# under QEMU, HARDWARE simulated; the report, and the files of what failed in out/random.
random: export PATH := $(PEER)/bin:$(PATH)
random: SEED := 0
random: N := 1000
random: ENGINES := 200
random: BOARDS := 10
random: HARDWARE := 20
random: peer
	$(GO) run ./cmd/random -n $(N) --seed $(SEED) --processors $(ENGINES) --boards $(BOARDS) --hardware $(HARDWARE) $(RANDOM_FLAGS)

bench: peer
	$(GO) run ./cmd/bench

# The published Spiking MLP, 25 M parameters on 224 × 224 images, from its page of
# source text to Go: every spike compared, no multiplication left. Takes some
# minutes and 6 GB.
paper: build
	$(NOMUL) check testdata/dsl/models/spiking_mlp.snn
	$(NOMUL) verify testdata/dsl/models/spiking_mlp.snn --targets go --samples 1

# The pictures of the README, taken in Chromium.
PICTURES := testdata/pictures
pictures: build tools
	@mkdir -p out $(PICTURES)
	$(NOMUL) view testdata/models/fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn.onnx -o out/view.html $(PIXELS)
	$(NOMUL) eval testdata/models/fmnist-cnn-snntorch/cnn_ts26.onnx --images $(IMAGES) --labels $(LABELS) --engine go $(PIXELS) --html out/report.html
	$(GO) run ./cmd/pictures -height 1060 out/report.html $(PICTURES)/report.png
	$(GO) run ./cmd/pictures 'out/view.html#stage=quantise&value=b1c2.1.weight' $(PICTURES)/view.png

# Every export on all recorded samples against PyTorch, the tutorial's table, the logits of networks of words against
# those of ordinary integers; then the README's: the 10,000 test images on the Go engine, with flips. The real networks
# take minutes each, the logits hours.
NETWORKS := $(MODEL) $(addprefix testdata/models/,fmnist-cnn-snntorch/cnn_ts26.onnx \
    fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn.onnx fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_bn.onnx)
accuracy: build
	$(GO) test -count=1 -timeout 60m ./frontend/onnx -run TestModelsCompute -args -all
	$(GO) test -count=1 -timeout 60m ./cmd/nomul -run TestTutorialFigures -args -all $(UPDATE)
	$(GO) test -count=1 -timeout 300m ./cmd/nomul -run 'TestPlainIntegers$$' -args -all $(UPDATE)
	@set -e; for m in $(NETWORKS); do echo; echo "== $$m"; \
	    $(NOMUL) eval $$m --images $(IMAGES) --labels $(LABELS) --engine go --compare all --flips 60 $(PIXELS); done

# The ONNX project's own 1,288 node tests, from NODE_TESTS or the Python package;
# prints passed, refused and wrong by operator.
NODE_TESTS := .cache/onnx/onnx/backend/test/data/node
node-tests:
	@if [ ! -d $(NODE_TESTS) ]; then \
	    python3 -m pip install --quiet --no-deps --target .cache/onnx onnx==1.17.0; fi
	$(GO) test -count=1 -v ./frontend/onnx -run 'TestNodes$$' -args -nodes $(abspath $(NODE_TESTS))

# Changes N places, drawn by SEED, one at a time, and reports those that no short test notices.
mutate:
	$(GO) run ./cmd/mutate -n $(or $(N),60) --seed $(SEED)

# Rewrites the expected outputs of file tests; read the diff before you commit it.
update:
	$(GO) test ./... -update

gen:
	$(GO) generate ./...

clean:
	rm -rf bin out .cache
