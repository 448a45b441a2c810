#!/usr/bin/env bash
# The page: its sources pass their checks, dist/ is what they build, and it works in a browser.
# Needs Node.js 20.19 or newer with npm, Chromium, the program and the model; says so where one is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# With GRAPHNODE_SERVERS=required, as in .ci/run, nothing may be skipped.
missing() {
    echo "SKIPPED: $1" >&2
    if [ "${GRAPHNODE_SERVERS:-}" = required ]; then exit 1; fi
    exit 0
}

# Node.js is the machine's: its distribution's may be older than the page's tools want, and nothing else can be fetched.
too_old() {
    echo "SKIPPED: $1" >&2
    exit 0
}
command -v npm >/dev/null || too_old "npm is not installed; the page's sources were not checked"
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
    too_old "Node.js $(node --version) is older than 20.19; the page's sources were not checked"
cd viewer
npm ci --no-audit --no-fund --loglevel=error || missing "npm ci failed (no network?); the page's sources were not checked"
npm run --silent check

committed=$(mktemp -d)
trap 'rm -rf "$committed"' EXIT
cp dist/* "$committed"
npm run --silent build
if ! diff -rq "$committed" dist; then
    echo "viewer/dist is not what its sources build: make viewer, and commit it" >&2
    exit 1
fi

GRAPHNODE_BROWSER=${GRAPHNODE_BROWSER:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$GRAPHNODE_BROWSER" ] || missing "there is no Chromium (apt-get install chromium); the page was not opened in one"
export GRAPHNODE_BROWSER
# One after the other: each draws without a graphics processor, and two would wait for each other.
node --test --test-concurrency=1 --test-reporter=spec tests/*.test.mjs
