#!/usr/bin/env bash
# Runs every test suite and ends with one line: `N passed, N failed, N skipped` over all of them.
#
# On a bare Debian machine with Rust it installs what is missing: Debian packages (as root, or with
# sudo), Python packages and npm packages into directories of this repository. What is there is used.
#
#   LOCKBOX_PWSH           the pwsh to test with (default: the one on the PATH)
#   LOCKBOX_REQUIRE_PWSH   1: no pwsh is a failure; otherwise its tests count as skipped
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never NO_COLOR=1
export CARGO_TARGET_DIR="$PWD/target"
export PATH="$PATH:$PWD/target/tools/bin"
CARGO_DEB=3.8.0
unset LOCKBOX_URL LOCKBOX_TOKEN LOCKBOX_DATA_DIR LOCKBOX_LISTEN
unset LOCKBOX_CA LOCKBOX_CLIENT_CERTIFICATE LOCKBOX_CLIENT_KEY

logs=target/test-logs
mkdir -p "$logs"
passed=0
failed=0
skipped=0
faults=()

has() { command -v "$1" > /dev/null 2>&1; }

# Debian packages, only those whose program is missing. Where they cannot be had the suites say what
# they miss, so this goes on.
set_up() {
  local packages=()
  has cc || packages+=(gcc libc6-dev)
  has curl || packages+=(curl)
  has openssl || packages+=(openssl)
  has python3 || packages+=(python3)
  python3 -c 'import venv, ensurepip' 2> /dev/null || packages+=(python3-venv)
  has node || packages+=(nodejs)
  has npm || packages+=(npm)
  has jq || packages+=(jq)
  has systemd-analyze || packages+=(systemd)
  [ ${#packages[@]} -eq 0 ] && return
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    has sudo || { echo "missing, and no sudo to install them: ${packages[*]}"; return; }
    as=(sudo -n)
  fi
  has apt-get || { echo "missing, and no apt-get to install them: ${packages[*]}"; return; }
  echo "installing ${packages[*]}"
  { "${as[@]}" apt-get update && DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y \
    --no-install-recommends "${packages[@]}"; } > "$logs/apt.log" 2>&1 < /dev/null ||
    echo "installing failed, see $logs/apt.log"
}

# Programs from crates.io, likewise.
set_up_cargo() {
  has cargo-deb || { echo "installing cargo-deb" && cargo install --locked --quiet --root target/tools \
    --version "$CARGO_DEB" cargo-deb > "$logs/cargo-deb.log" 2>&1 < /dev/null; } ||
    echo "installing cargo-deb failed, see $logs/cargo-deb.log"
}

# suite NAME COMMAND...: runs a suite and adds up every line `N passed, N failed[, N skipped]` that
# it prints, and cargo's `test result:` lines. A suite that fails without a failed test, or that
# counts nothing, is one failure.
suite() {
  local name=$1 began=$SECONDS log="$logs/$1.log" status
  shift
  echo "== $name"
  "$@" > "$log" 2>&1 < /dev/null
  status=$?
  local p=0 f=0 s=0
  read -r p f s < <(awk '
    /^test result: / { gsub(/[.;]/, ""); p += $4; f += $6; s += $8; next }
    /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { gsub(/,/, ""); p += $1; f += $3; s += $5 }
    END { print p + 0, f + 0, s + 0 }' "$log")
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
    f=1
  elif [ $((p + f + s)) -eq 0 ]; then
    f=1
    echo "   it counted no test"
  fi
  if [ "$f" -ne 0 ]; then
    faults+=("$name")
    tail -n 60 "$log" | sed 's/^/   /'
  fi
  echo "   $p passed, $f failed, $s skipped in $((SECONDS - began)) s ($log)"
  passed=$((passed + p))
  failed=$((failed + f))
  skipped=$((skipped + s))
}

rust() { cargo build --locked && cargo test --locked --no-fail-fast; }

# The daemon's OpenRPC document against the official meta-schema.
openrpc() {
  if [ ! -e tests/openrpc/node_modules/.package-lock.json ] ||
    [ tests/openrpc/package-lock.json -nt tests/openrpc/node_modules/.package-lock.json ]; then
    npm ci --prefix tests/openrpc --no-audit --no-fund || return 1
  fi
  target/debug/lockboxd openrpc > "$logs/openrpc.json" || return 1
  node tests/openrpc/validate.mjs "$logs/openrpc.json" || return 1
  echo "1 passed, 0 failed"
}

# promtool comes with Debian's prometheus. Only its files are wanted, and not the service that
# installing it would start.
unpack_promtool() {
  local into=target/prometheus
  if has promtool || [ -x $into/usr/bin/promtool ] || ! has apt-get; then return; fi
  mkdir -p $into
  {
    (cd $into && apt-get download prometheus) ||
      { [ "$(id -u)" -eq 0 ] && apt-get update && (cd $into && apt-get download prometheus); }
  } > "$logs/promtool.log" 2>&1 < /dev/null &&
    dpkg -x $into/prometheus_*.deb $into >> "$logs/promtool.log" 2>&1 ||
    echo "promtool cannot be had, see $logs/promtool.log"
}

set_up
unpack_promtool
set_up_cargo
suite rust rust
suite audit-leaves python3 tests/python/recompute_leaves.py
suite openrpc openrpc
suite foreign python3 tests/foreign/run.py
suite powershell python3 tests/powershell/run.py
suite packaging python3 tests/packaging/check.py
suite docs python3 tests/docs/check.py
suite notify python3 tests/notify/run.py
suite contrib python3 tests/contrib/check.py
suite letters python3 tests/letters/check.py

[ ${#faults[@]} -eq 0 ] || echo "failed: ${faults[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
