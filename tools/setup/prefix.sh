#!/usr/bin/env bash
# Builds OpenSSL (3.5 LTS: post-quantum algorithms) and ngtcp2 (QUIC) from Debian's signed source
# packages into a private prefix. Debian 12 ships OpenSSL 3.0 and no ngtcp2 with an OpenSSL back end.
#
#   prefix.sh          builds the prefix once and prints its path on the last line
#   prefix.sh --path   prints the path without building
#
# The prefix lives in a user cache under a name made from this recipe, the compiler and the machine's
# architecture, so every checkout shares it and a changed recipe never reuses an old build.
set -euo pipefail

openssl_suites="trixie forky sid"
openssl_min=3.5 openssl_below=4
ngtcp2_suites="trixie-backports forky sid"
ngtcp2_min=1.12 ngtcp2_below=2

cache=${MYCEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mycel}
recipe=$(cat "${BASH_SOURCE[0]}"; uname -m; ${CC:-cc} -dumpfullversion 2>/dev/null || true)
prefix=$cache/prefix-$(printf '%s' "$recipe" | sha256sum | cut -c1-12)
[ "${1:-}" = --path ] && { echo "$prefix"; exit 0; }
[ -e "$prefix/.complete" ] && { echo "$prefix"; exit 0; }

work=$prefix.work log=$prefix.log jobs=$(nproc)
mkdir -p "$cache"
exec 9>"$cache/prefix.lock"
flock -n 9 || { echo "another checkout is building the prefix; waiting for it" >&2; flock 9; }
[ -e "$prefix/.complete" ] && { echo "$prefix"; exit 0; }

rm -rf "$prefix" "$work"
mkdir -p "$prefix" "$work"
: > "$log"

steps=7 step=0
# step WHAT COMMAND...: runs a command quietly; when it fails, says where to look and what to try.
step() {
  local what=$1 began=$SECONDS; shift; step=$((step + 1))
  printf '  [%d/%d] %s ... ' "$step" "$steps" "$what" >&2
  if "$@" >> "$log" 2>&1; then printf '%ds\n' $((SECONDS - began)) >&2; return; fi
  printf 'FAILED\n\nThe last lines of %s:\n' "$log" >&2
  tail -n 15 "$log" >&2
  printf '\nWhat to do: check the network and free disk space (1 GB is needed in %s), then run the same command again;\nit starts this build afresh. A mirror that lacks a source package can be replaced in /etc/apt/sources.list.\n' "$cache" >&2
  exit 1
}

# The package mirror comes from this machine's own apt configuration, in either of apt's formats.
debian_mirror() {
  local uri
  uri=$(sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -m1 '/debian/*$' || true)
  [ -n "$uri" ] || uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    awk '$1=="deb"{for(i=2;i<=NF;i++)if($i~/:\/\/.*\/debian\/*$/){print $i;exit}}')
  [ -n "$uri" ] || { echo "no Debian mirror found in /etc/apt/sources.list or sources.list.d" >&2; return 1; }
  echo "$uri"
}

# A private apt configuration: newer suites, sources only; nothing of the system's apt is touched.
configure_apt() {
  local mirror apt=$work/apt suite
  mirror=$(debian_mirror) || return 1
  mkdir -p "$apt"/{parts,prefs,lists/partial,cache/archives/partial}
  for suite in trixie trixie-backports forky sid; do
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n' \
      "$mirror" "$suite"
  done > "$apt/parts/sources.sources"
  # Release files of newer suites on a mirror may have expired; their signatures are still checked.
  cat > "$apt/apt.conf" <<C
Dir::Etc::SourceList "/dev/null"; Dir::Etc::SourceParts "$apt/parts";
Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "$apt/prefs";
Dir::State::Lists "$apt/lists"; Dir::Cache "$apt/cache";
Acquire::Languages "none"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3"; APT::Sandbox::User "root";
C
  APT_CONFIG=$apt/apt.conf apt-get -qq update
}

# versions NAME SUITE: the versions that a suite lists, newest first; indices keep some older ones beside the newest.
versions() {
  apt-cache madison "$1" | awk -F'[|[:space:]]+' -v suite="$2/main" '$NF == "Sources" && $(NF-1) == suite { print $3 }' |
    sort -rV
}

# fetch NAME MIN BELOW SUITE...: the first wanted version of which a suite delivers the whole package. A mirror's
# pool may lack the newest version that its index lists, and still hold the one before.
fetch() {
  local name=$1 min=$2 below=$3 suite version dir; shift 3
  export APT_CONFIG=$work/apt/apt.conf
  for suite in "$@"; do
    for version in $(versions "$name" "$suite"); do
      dpkg --compare-versions "$version" ge "$min" && dpkg --compare-versions "$version" lt "$below" || continue
      rm -rf "$work/src/$name"; mkdir -p "$work/src/$name"
      (cd "$work/src/$name" && apt-get -qq source "$name=$version") || continue
      dir=$(find "$work/src/$name" -mindepth 1 -maxdepth 1 -type d | head -n 1)
      ln -sfn "$dir" "$work/$name"
      echo "$name $version ($suite)" >> "$prefix/versions.txt"
      return 0
    done
  done
  echo "no suite of [$*] has $name >= $min and < $below"
  return 1
}

configure_openssl() {
  mkdir -p "$work/build-openssl" && cd "$work/build-openssl" &&
    "$work/openssl/config" --prefix="$prefix" --libdir=lib --openssldir="$prefix/ssl" -fPIC \
      no-shared no-module no-engine no-docs no-tests no-apps no-ssl3 no-weak-ssl-ciphers no-legacy
}
build_openssl() { make -s -C "$work/build-openssl" -j"$jobs" build_sw; }
install_openssl() { make -s -C "$work/build-openssl" install_sw; }
build_ngtcp2() {
  cmake -S "$work/ngtcp2" -B "$work/build-ngtcp2" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DENABLE_LIB_ONLY=ON -DENABLE_SHARED_LIB=OFF -DENABLE_STATIC_LIB=ON -DBUILD_TESTING=OFF \
    -DENABLE_OPENSSL=ON -DOPENSSL_ROOT_DIR="$prefix" -DOPENSSL_USE_STATIC_LIBS=TRUE &&
    ninja -C "$work/build-ngtcp2" -j"$jobs" install
}

echo "Building OpenSSL and ngtcp2 once for all checkouts (about two minutes) into $prefix" >&2
step "reading the lists of source packages" configure_apt
step "fetching OpenSSL" fetch openssl $openssl_min $openssl_below $openssl_suites
step "fetching ngtcp2" fetch ngtcp2 $ngtcp2_min $ngtcp2_below $ngtcp2_suites
step "configuring OpenSSL" configure_openssl
step "compiling OpenSSL" build_openssl
step "installing OpenSSL" install_openssl
step "building ngtcp2" build_ngtcp2
rm -rf "$work"
touch "$prefix/.complete"
find "$cache" -maxdepth 1 -name 'prefix-*' ! -name "$(basename "$prefix")*" -mtime +30 -exec rm -rf {} +
echo "$prefix"
