# The only commands to know: serve, test, check, coverage, bench, rehearse, preflight, deploy. Each makes the environment that it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# environments and browser are mostly waited for, checks use one processor each: all side by side,
# but not two goals, such as clean and test
ifneq ($(and $(filter test check coverage bench,$(MAKECMDGOALS)),$(filter 1,$(words $(MAKECMDGOALS)))),)
MAKEFLAGS += --jobs=3
endif

HOST ?= 127.0.0.1
PORT ?= 8000
STAGE ?= dev
# the first of these that is there and between 3.11 and 3.13 makes the environments
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
# the paintings that some tests measure on; they skip without them
ifneq ($(wildcard ../shared/data),)
export ARTSTYLE_DATA ?= $(shell cd ../shared/data && pwd)
endif

.PHONY: help serve test test-slow check coverage right-python right-page tested quickly-tested debian-chromium bench rehearse preflight pin deploy lock clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

serve: .venv-service/installed  ## serve page and API at http://127.0.0.1:8000 (HOST=, PORT=)
	@exec .venv-service/bin/python -m lambda_fn serve --host '$(HOST)' --port '$(PORT)'

test: right-python right-page tested  ## run everything: lint, types, tests, training and the browser

check: right-python right-page quickly-tested  ## the quick part: lint, types, boundaries, offline tests

test-slow: .venv/installed  ## what measures on the paintings of ARTSTYLE_DATA for minutes
	@.venv/bin/pytest -m long

coverage: .venv/chromium node_modules/installed  ## all tests again, watched: which branches they take (95 % at least)
	@cache=$$(mktemp -d); trap 'rm -rf "$$cache"' EXIT; \
	TESTS_CACHE=$$cache .venv/bin/pytest -n auto -m 'not long' --cov --cov-report=term

right-python: .venv/installed
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

right-page: node_modules/installed
	@npm run --silent check
	@npm test --silent

tested: .venv/chromium node_modules/installed
	@.venv/bin/pytest -n auto -m 'not long'

quickly-tested: .venv/installed
	@.venv/bin/pytest -q -n auto -m 'not slow and not browser and not long'

bench: .venv/installed .venv/chromium tests/bench/lighthouse/node_modules/installed  ## measure; prints ratios against baselines of the same run
	@.venv/bin/python -m tests.bench

# images and the file system beneath them stay in the user's cache, or in REHEARSAL_HOME
rehearse: .venv/installed node_modules/installed  ## deploy, change and destroy without an account (root, Debian)
	@.venv/bin/pytest -v --durations=10 --durations-min=2 tests/cloud/rehearsal.py

preflight: .venv-infra/installed  ## what in your AWS account would make a deploy fail; only reads
	@.venv-infra/bin/python -m infra.preflight -c stage='$(STAGE)' $(OPTIONS)

pin: .venv-infra/installed  ## write the digests of the base images into the Dockerfiles (needs docker and its registry)
	@.venv-infra/bin/python -m infra.pin_bases

deploy: preflight node_modules/installed  ## put it on AWS (STAGE=dev, OPTIONS="-c NAME=VALUE")
	@BUILDX_NO_DEFAULT_ATTESTATIONS=1 node_modules/.bin/cdk deploy --all -c stage='$(STAGE)' $(OPTIONS)

lock: .venv/installed  ## lock the requirements anew
	@.venv/bin/python requirements/lock.py

clean:  ## remove the environments and caches
	rm -rf .venv .venv-service node_modules tests/bench/lighthouse/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	rm -rf .venv-infra cdk.out

# an environment is whole when its `installed` is newer than its lock file
.venv-service/installed: requirements/service.txt
	@requirements/install.sh '$(PYTHON)' .venv-service $<

.venv-infra/installed: requirements/infra.txt
	@requirements/install.sh '$(PYTHON)' .venv-infra $<

.venv/installed: requirements/dev.txt
	@requirements/install.sh '$(PYTHON)' .venv $<

# what checks the page; the page itself needs nothing of it
node_modules/installed: package-lock.json
	@npm ci --loglevel=error
	@touch $@

# apart from the others: it takes twice their room, and only `make bench` needs it
tests/bench/lighthouse/node_modules/installed: tests/bench/lighthouse/package-lock.json
	@npm ci --loglevel=error --prefix tests/bench/lighthouse
	@touch $@

.venv/chromium: .venv/installed | debian-chromium
	@tests/web/install_chromium.sh
	@touch $@

# needs no environment, so it need not wait for one; where it fails, Playwright brings a browser
debian-chromium:
	@tests/web/install_chromium.sh debian
