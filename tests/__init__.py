"""The tests; `make check` runs the quick ones, `make test` all."""
