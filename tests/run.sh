#!/usr/bin/env bash
# Every check of the project, in the order that finds trouble soonest. Called by `make test` and by .ci/run.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
# Runs a command beside S3, SQS, ECS and Chroma, if make servers could install them.
around() {
    if [ -e .venv/servers ]; then PYTHONPATH=tests .venv/bin/python -m servers.around "$@"; else "$@"; fi
}
export GRAPHNODE_MODEL=${GRAPHNODE_MODEL:-$PWD/models/all-MiniLM-L6-v2}
# The original weights, for the encoder's golden vectors.
export GRAPHNODE_MODEL_SOURCE=${GRAPHNODE_MODEL_SOURCE:-$PWD/.venv/model}

step "format"
cargo fmt --all --check

step "benches' own arithmetic"
python3 -m unittest discover --start-directory benches/checks --top-level-directory benches
python3 -m doctest .ci/parameter_overrides.py

step "workflows"
if [ -e .venv/lint/installed ]; then
    # Without the linters of scripts it would call where a machine has them: the same everywhere.
    .venv/lint/bin/actionlint -shellcheck= -pyflakes= .github/workflows/*.yml
else
    echo "SKIPPED: make lint has not installed actionlint"
fi

step "what each crate may depend on"
python3 tests/dependency_wall.py

step "lints"
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --locked --quiet

step "unit, contract and end-to-end tests"
cargo build --locked --package graphnode --package graphnode-worker --package graphnode-task --package graphnode-indexer \
    --package graphnode-api --package graphnode-search
around cargo test --workspace --all-features --locked

step "jobs whose processes are killed"
if [ -e .venv/servers ]; then
    around cargo test --locked --quiet --package graphnode-tests -- --ignored chaos
else
    echo "SKIPPED: make servers has not installed them"
fi

step "the fuzzers, for a moment"
# The seeds and some seconds of chance: what was found once is a test of its own by now.
status=0
fuzz/run.sh 15 || status=$?
if [ "$status" -eq 77 ]; then
    echo "SKIPPED: the fuzzers cannot be built here (see above)"
elif [ "$status" -ne 0 ]; then
    exit "$status"
fi

step "the page"
bash tests/viewer.sh

step "the servers themselves"
if [ -e .venv/servers ]; then
    (cd tests && ../.venv/bin/python -m unittest discover --start-directory servers/checks --top-level-directory .)
else
    echo "SKIPPED: make servers has not installed them"
fi

bash tests/deploy.sh

step "licences and advisories"
if cargo deny --version >/dev/null 2>&1; then
    cargo deny check bans licenses sources
else
    echo "SKIPPED: cargo-deny is not installed (cargo install cargo-deny); licences were checked above instead"
fi

step "size of the program"
size=$(stat --format %s target/release/graphnode 2>/dev/null || echo 0)
# It holds the whole system: the server, and for --cloud the clients of S3, SQS, ECS and Chroma with their TLS.
limit=$((24 * 1024 * 1024))
if [ "$size" -eq 0 ]; then
    echo "SKIPPED: no release build (make build)"
elif [ "$size" -gt "$limit" ]; then
    echo "target/release/graphnode has $size bytes, more than $limit" >&2
    exit 1
else
    echo "target/release/graphnode: $size bytes of $limit"
fi
printf '\nall checks passed\n'
