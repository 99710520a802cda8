#!/usr/bin/env bash
# One process holds one OpenSSL: ours, linked in and hidden. The system's libssl 3.0 must not be
# loaded beside it, and no symbol of ours may be seen by libraries that expect it.
set -euo pipefail
build=${1:-build/release}
for binary in "$build"/mycel "$build"/libmycel.so; do
  [ -e "$binary" ] || { echo "$binary is not built" >&2; exit 1; }
  if ldd "$binary" | grep -E 'libssl|libcrypto'; then echo "$binary loads a second OpenSSL" >&2; exit 1; fi
  if nm -D --defined-only "$binary" | grep -E ' (SSL|EVP|OPENSSL|X509|CRYPTO|ngtcp2)_' | head -n 3 | grep .; then
    echo "$binary shows its OpenSSL to others" >&2; exit 1; fi
  echo "$binary: one OpenSSL, hidden"
done
