# shellcheck shell=bash disable=SC2034
# Code shared by the scripts for other compilers and platforms, which source this file. Each script runs as root on a
# bare Debian 12 or 13 with rustup. It installs missing tools with apt and rustup, and keeps its output in
# target/platforms.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$PWD/target/platforms
mkdir -p "$out"
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never DEBIAN_FRONTEND=noninteractive CARGO_TARGET_DIR=$out/${0##*/}
libraries=(-p itsme-core -p itsme-reqwest -p itsme-ureq -p itsme-testkit)
features=itsme-core/system,itsme-core/tracing,itsme-reqwest/axum,itsme-testkit/server
command -v rustup >/dev/null || { echo "rustup is missing: https://rustup.rs"; exit 1; }

run() {
  echo "+ $*"
  "$@"
}

# Installs missing Debian packages.
need() {
  local package missing=()
  for package; do
    dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    run apt-get update -qq
    run apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
}

# Runs the calling script, with its arguments, in a separate Debian 13 unless this system is one. The directories
# mounted there are unmounted when the script ends.
in_debian_13() {
  local version root=$out/debian-13 place
  version=$(. /etc/os-release && echo "$VERSION_ID")
  if [ "$version" -ge 13 ]; then return; fi
  need debootstrap ca-certificates
  [ -e "$root.complete" ] || {
    rm -rf "$root"
    run debootstrap --variant=minbase trixie "$root" >"$out/debootstrap.log"
    touch "$root.complete"
  }
  cp /etc/resolv.conf /etc/hosts "$root/etc"
  local places=("$PWD" "${CARGO_HOME:-$HOME/.cargo}" "${RUSTUP_HOME:-$HOME/.rustup}" /etc/ssl/certs /dev /proc)
  for place in "${places[@]}"; do mkdir -p "$root$place"; done
  # shellcheck disable=SC2016
  exec unshare --mount bash -ec 'root=$1 script=$2 places=$3; shift 3
    for place in $places; do mount --bind "$place" "$root$place"; done
    exec chroot "$root" "$script" "$@"' - "$root" "$PWD/.ci/${0##*/}" "${places[*]}" "$@"
}

# Runs `cargo test` with these arguments, without stopping at a failure, and counts the results.
tests() {
  local log=$out/tests.log status=0
  run cargo test --locked --no-fail-fast "$@" 2>&1 | tee "$log" || status=1
  awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
    END { printf "%d passed, %d failed, %d ignored\n", passed, failed, ignored }' "$log"
  return $status
}
