#!/usr/bin/env bash
# Makes sure that the browser tests find a Chromium: the system's, or else Playwright's own.
set -euo pipefail
cd "$(dirname "$0")/../.."

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null; then
    exit 0
  fi
done

# one that Debian's packages brought would have been found
if ! .venv/bin/playwright install chromium; then
  echo "error: no Chromium for the browser tests: install chromium or google-chrome, then try again" >&2
  exit 1
fi
