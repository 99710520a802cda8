#!/usr/bin/env bash
# Everything that CI checks, cheapest first. Ends with one line: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

passed=0 failed=0 began=$SECONDS
# part NAME COMMAND...: one part of the suite; its output is shown, its outcome counted.
part() {
  local name=$1 start=$SECONDS; shift
  printf '\n== %s\n' "$name"
  if "$@"; then passed=$((passed + 1)); printf -- '-- %s: ok (%d s)\n' "$name" $((SECONDS - start))
  else failed=$((failed + 1)); printf -- '-- %s: FAILED (%d s)\n' "$name" $((SECONDS - start)); fi
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
[ $failed = 0 ] || { echo "$passed passed, $failed failed"; exit 1; }
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

printf '\n%d s in all\n%d passed, %d failed\n' $((SECONDS - began)) $passed $failed
[ $failed = 0 ]
