#!/usr/bin/env bash
# Makes a virtual environment from a lock file: install.sh PYTHON FOLDER LOCK
set -euo pipefail
python=$1 folder=$2 lock=$3

fail() { echo "error: $*" >&2; exit 1; }

[ -n "$python" ] || fail "no Python from 3.11 to 3.13 found: install one, or name it with PYTHON="
echo "Making $folder with $("$python" --version) from $lock, once ..." >&2
rm -f "$folder/installed"
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps these in a package of their own
    package="$(basename "$(readlink -f "$(command -v "$python")")")-venv"
    "$(dirname "$0")/debian.sh" "$package" ||
        fail "$python cannot make environments: run 'sudo apt-get install $package', then make again"
fi
"$python" -m venv --clear "$folder"
quiet=--quiet
[ -t 2 ] && quiet=--progress-bar=on
"$folder/bin/python" -m pip install "$quiet" --disable-pip-version-check --no-deps --no-compile \
    --require-hashes --only-binary :all: -r "$lock" ||
    fail "the packages could not be installed: is there a connection to a package index?"
# pip would compile on one processor; what some package brings for another Python need not compile
"$folder/bin/python" -W ignore -m compileall -q -j 0 "$folder/lib" >/dev/null || true
touch "$folder/installed"
