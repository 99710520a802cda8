#!/usr/bin/env bash
# Installs the library into an empty prefix, builds examples/embed against that copy as a stranger
# would, and runs it. Usage: tests/embed/run.sh [BUILD]. Ends with: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "${1:-$root/build/release}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
unset LD_LIBRARY_PATH

passed=0 failed=0
# story NAME COMMAND...: quiet when it passes; when it fails, its output is shown.
story() {
  local name=$1; shift
  if "$@" >"$work/output" 2>&1; then passed=$((passed + 1)); echo "ok      $name"
  else failed=$((failed + 1)); echo "FAILED  $name"; sed 's/^/        /' "$work/output" | tail -n 40; fi
}

installs() { cmake --install "$build" --prefix "$prefix" --component mycel_library; }
# What is not listed here has leaked into the package.
holds_only_its_own() {
  local wanted="include/mycel/mycel.hpp
lib/cmake/mycel/mycel-config-*.cmake
lib/cmake/mycel/mycel-config.cmake
lib/libmycel.so*
lib/pkgconfig/mycel.pc" found pattern file
  found=$(cd "$prefix" && find . ! -type d | sed 's|^\./||' | sort)
  for file in $found; do
    for pattern in $wanted; do [[ $file == $pattern ]] && continue 2; done
    echo "$file does not belong into the package"; return 1
  done
  grep -q '^include/mycel/mycel.hpp$' <<<"$found" && grep -q '^lib/libmycel.so$' <<<"$found"
}
# The package must not remember the tree that it was built in, nor need its headers.
names_no_build_tree() { ! grep -rlF -e "$root" -e "$build" "$prefix/lib/cmake" "$prefix/lib/pkgconfig" "$prefix/include"; }
header_stands_alone() {
  local standard
  for standard in c++17 c++20; do
    echo '#include <mycel/mycel.hpp>' | g++ -std=$standard -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
      -I"$prefix/include" -fsyntax-only -x c++ - || return 1
  done
}
shows_only_its_face() {
  local others
  others=$(nm -DC --defined-only "$prefix/lib/libmycel.so" | cut -d' ' -f3- | grep -v '^mycel::Node::')
  [ -z "$others" ] || { echo "libmycel.so also shows:"; echo "$others" | head; return 1; }
}
is_told_right() {
  local did cid
  did=$(sed -n 's/^published \(did:key:z6Mk[1-9A-HJ-NP-Za-km-z]*\)$/\1/p' "$work/told")
  cid=$(sed -n 's/^resolved  \(bafkrei[a-z2-7]*\)$/\1/p' "$work/told")
  cat "$work/told"
  [ -n "$did" ] && [ -n "$cid" ] && [ "$(grep -c '^node      12D3KooW' "$work/told")" = 2 ] &&
    grep -q '"name":"Echo"' "$work/told"
}
runs() { timeout 60 "$1" >"$work/told" && is_told_right; }
loads_one_openssl() {
  ldd "$1" | tee "$work/libraries"
  grep -q "libmycel.so.* => $prefix/lib/libmycel.so" "$work/libraries" && ! grep -E 'libssl|libcrypto|not found' "$work/libraries"
}
cmake_builds() {
  cp -r "$root/examples/embed" "$work/example" &&
    cmake -S "$work/example" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER=g++ \
      -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" && cmake --build "$work/cmake"
}
compiler_builds() {
  # shellcheck disable=SC2046
  g++ -std=c++20 -Wall -Wextra -Werror "$root/examples/embed/main.cpp" -o "$work/two-nodes" \
    $(pkg-config --cflags --libs mycel) -Wl,-rpath,"$prefix/lib"
}

story "the library installs into an empty prefix" installs
story "the package holds one header, the library and what finds them" holds_only_its_own
story "the package does not remember the tree it was built in" names_no_build_tree
story "the header stands alone, in C++17 and C++20" header_stands_alone
story "the library shows the public calls and nothing else" shows_only_its_face
story "the example builds with find_package(mycel)" cmake_builds
story "the example's process has one OpenSSL" loads_one_openssl "$work/cmake/two-nodes"
story "a card published on one node is resolved on the other" runs "$work/cmake/two-nodes"
story "the example builds with g++ and pkg-config" compiler_builds
story "and runs" runs "$work/two-nodes"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
