#!/usr/bin/env bash
# Makes sure that the browser tests find a Chromium: the system's, Debian's, or Playwright's own.
# install_chromium.sh debian leaves Playwright, which needs the environment, for another time.
set -euo pipefail
cd "$(dirname "$0")/../.."

is_there() { command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null; }

is_there && exit 0
echo "Installing Chromium, once ..." >&2
requirements/debian.sh chromium && is_there && exit 0
[ "${1:-}" = debian ] && exit 0

if ! .venv/bin/playwright install chromium; then
  echo "error: no Chromium for the browser tests: install chromium or google-chrome, then try again" >&2
  exit 1
fi
