#!/usr/bin/env bash
# What is deployed: the template's linters, the four functions as `sam build` makes them, their budgets, and each of them
# once under `sam local invoke`. Called by tests/run.sh; .venv/deploy and .venv/scan come from `make deploy-tools`.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
skip() {
    echo "SKIPPED: $1"
    # In CI the tools are there; what needs a container engine may be missing even there.
    [ "${2:-}" = "allowed" ] || [ "${GRAPHNODE_SERVERS:-}" != required ] || exit 1
}

if [ ! -e .venv/deploy/installed ] || [ ! -e .venv/scan/installed ] || [ ! -e .venv/servers ]; then
    skip "make deploy-tools servers has not installed what checks and builds the template"
    exit 0
fi
export PATH="$PWD/.venv/deploy/bin:$PATH" SAM_CLI_TELEMETRY=0
# Nobody is asked: sam only wants to know where it would be.
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=ap-northeast-2

step "the template"
(cd tests && ../.venv/bin/python -m unittest discover --quiet --start-directory template --top-level-directory .)
sam validate --lint
mkdir -p target/template
PYTHONPATH=tests .venv/bin/python -m servers.stack > target/template/template.json
# I3042: `Fn::Join` takes no variable as its delimiter, so ARNs made of a list of buckets say `aws`.
.venv/deploy/bin/cfn-lint --include-checks I --ignore-checks I3042 --template target/template/template.json
.venv/scan/bin/checkov --config-file tests/lint/checkov.yaml --file target/template/template.json

step "the functions, as they are deployed"
sam build
.venv/bin/python tests/budgets.py .aws-sam/build

step "each function in a container"
if docker image inspect public.ecr.aws/lambda/provided:al2023-rapid-x86_64 >/dev/null 2>&1; then
    .venv/bin/python tests/sam_local.py
else
    skip "no container engine with the image of Lambda's runtime (public.ecr.aws/lambda/provided:al2023-rapid-x86_64)" allowed
fi
