#!/bin/sh
# Starts $CHROMIUM without the features that $CHROMIUM_WITHOUT names, beside those that Playwright
# turns off: a browser takes only the last --disable-features that it is given.
for argument; do
  shift
  case $argument in --disable-features=*) argument=$argument,$CHROMIUM_WITHOUT ;; esac
  set -- "$@" "$argument"
done
exec "$CHROMIUM" "$@"
