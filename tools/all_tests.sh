#!/usr/bin/env bash
# Everything that CI checks, cheapest first. Ends with what failed, and one line: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

passed=0 failed=0 began=$SECONDS
output=$(mktemp) failures=$(mktemp)
trap 'rm -f "$output" "$failures"' EXIT

# part NAME COMMAND...: one part of the suite; its output is shown, its outcome counted.
part() {
  local name=$1 start=$SECONDS; shift
  printf '\n== %s\n' "$name"
  if "$@" 2>&1 | tee "$output"; then
    passed=$((passed + 1)); printf -- '-- %s: ok (%d s)\n' "$name" $((SECONDS - start))
  else
    failed=$((failed + 1)); printf -- '-- %s: FAILED (%d s)\n' "$name" $((SECONDS - start)) | tee -a "$failures"
    telling_lines >> "$failures"
  fi
}
# What a reader of the last page wants to see of a failure: the lines that name it, or else how it ended.
telling_lines() {
  { grep -E 'FAILED|Failed|\*\*\*|VIOLATION|repeat:|^FAIL|not ok|error:|  NOT ' "$output" || tail -n 8 "$output"; } | tail -n 8 | cut -c 1-200
}
# end: tells what failed and how many passed; the exit code is that of the suite.
end() {
  printf '\n%d s in all\n' $((SECONDS - began))
  cat "$failures"
  printf '%d passed, %d failed\n' $passed $failed
  [ $failed = 0 ]; exit
}
jobs=$(nproc)

# Fixed runs with the programs of both compilers, every seed that ever found a bug, and seeds that come
# from the commit, so that a failure can be repeated. Within three minutes.
simulations() {
  python3 tools/sim.py --golden && python3 tools/sim.py --seeds-file && python3 tools/sim.py --fresh 200
}
format_check() { git ls-files 'src/*.[hc]pp' 'apps/*.[hc]pp' 'sim/*.[hc]pp' 'include/*.hpp' | xargs clang-format-19 --dry-run -Werror; }

part "include rules" python3 tools/check_layers.py
part "the diagram of ARCHITECTURE.md" python3 tools/check_layers.py --diagram-check
part "format" format_check
part "build: g++ release" ./dev build release
[ $failed = 0 ] || end
part "headers stand alone" cmake --build build/release --target all_verify_interface_header_sets
part "one OpenSSL in the process" tools/check_one_openssl.sh build/release
part "unit tests: g++ release" ctest --preset release -j"$jobs"
part "build: clang, sanitizers, fuzzers" ./dev build dev
part "unit tests: clang, sanitizers" ctest --preset dev -j"$jobs"
part "simulated worlds: golden, old finds, 200 fresh" simulations
part "budgets of messages, bytes and virtual time" python3 bench/run.py sim --budgets
part "fuzzers, ${MYCEL_FUZZ_SECONDS:-3} s each" ./dev fuzz "${MYCEL_FUZZ_SECONDS:-3}"
part "tidy of changed files" ./dev tidy
part "make up ONCE=1" make up ONCE=1
part "real processes: kill, restart, refuse" python3 tests/system/run.py --mycel build/release/mycel
part "js-libp2p, both directions" python3 tests/interop/run.py --mycel build/release/mycel
part "embedding the installed library" tests/embed/run.sh

end
