#!/usr/bin/env bash
# Makes sure that the browser tests find a Chromium: the system's, Debian's, or Playwright's own.
set -euo pipefail
cd "$(dirname "$0")/../.."

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null; then
    exit 0
  fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium from the system's packages"
  if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null &&
    command -v chromium >/dev/null; then
    exit 0
  fi
  echo "that did not work; trying Playwright's own" >&2
fi

if ! .venv/bin/playwright install chromium; then
  echo "error: no Chromium for the browser tests: install chromium or google-chrome, then try again" >&2
  exit 1
fi
