#!/usr/bin/env bash
# Builds the fuzzers and runs each for some seconds: fuzz/run.sh [SECONDS] [TARGET...]
# Needs stable Rust and a C++ compiler; cargo-fuzz and a nightly compiler are not used. Ends with 1 when one finds something,
# with 77 when they cannot be built. What they learn is kept in fuzz/corpus, what they find in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-60}
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(import s3_event envelope where_clause clean)

# Far above what any input within the length needs; a run that passes them is a finding.
memory_mb=1024
slowest_seconds=10
longest_input=16384

if ! command -v "${CXX:-c++}" >/dev/null; then
    echo "no C++ compiler" >&2
    exit 77
fi
# The flags that cargo-fuzz gives, as far as the stable compiler has them. With a target named they reach neither build
# scripts nor macros.
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=$PWD/target
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
if ! cargo build --release --locked --quiet --target "$host"; then
    echo "the fuzzers cannot be built" >&2
    exit 77
fi

found=0
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" artifacts
    log=target/$target.log
    dictionary=()
    [ -e "dictionaries/$target" ] && dictionary=("-dict=dictionaries/$target")
    status=0
    "target/$host/release/$target" "corpus/$target" "seeds/$target" "${dictionary[@]}" \
        -max_total_time="$seconds" -max_len=$longest_input -rss_limit_mb=$memory_mb -timeout=$slowest_seconds \
        -artifact_prefix="artifacts/$target-" -print_final_stats=1 >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
    echo "$target: ${executions:-no} executions, ${coverage:-no coverage}, ${memory:-?} MiB"
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        found=1
    fi
done
exit $found
