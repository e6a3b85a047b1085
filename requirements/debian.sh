#!/usr/bin/env bash
# Installs packages of Debian: debian.sh PACKAGE...; fails where it may not, or cannot.
# One at a time, since several targets of the Makefile are made at once and apt lets only one in.
set -euo pipefail
[ "$(id -u)" = 0 ] && command -v apt-get flock >/dev/null || exit 1
exec 9>"${TMPDIR:-/tmp}/style-your-art-apt.lock"
flock 9
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
