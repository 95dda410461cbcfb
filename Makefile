# Everything a developer runs; needs make and Python 3.11 or newer, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
TEST_PACKAGES := ca-certificates curl openssl
BENCH_PACKAGES := wrk nginx-light procps libnginx-mod-http-lua lua-cjson

.PHONY: help demo test check lint types imports golden bench clean

help:  ## list these commands
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)$$/make \1|\2/p' Makefile | while IFS='|' read -r command text; do printf '%-14s %s\n' "$$command" "$$text"; done

demo: .venv/.run  ## start a petstore and a gateway before it; ARGS="--http-port 9000" passes options
	@exec $(BIN)/gloo demo $(ARGS)

test: .venv/.test .venv/.test-packages .venv/.peers check  ## install what the tests need and run everything
	@FUNCTIONS_FRAMEWORK=$(CURDIR)/.venv/peers/bin/functions-framework OPENBAO=$(CURDIR)/.venv/peers/bin/bao \
		$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

check: lint types imports  ## linter, format, types and layers, without the tests

lint: .venv/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.test
	@$(BIN)/mypy

imports: .venv/.test
	@$(BIN)/lint-imports --no-logo

golden: .venv/.test  ## write the expected parts of tests/golden afresh; read the difference before you commit
	@$(BIN)/python -m tests.support.golden tests/golden

bench: .venv/.test .venv/.bench-packages  ## CPU per request and throughput against a hand-written Envoy
	@$(BIN)/python -m benchmarks.proxying $(ARGS)

clean:  ## forget the virtual environment and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Each marker is made once and again when the list of what to install changes, so that a later call costs nothing.
.venv/.made: scripts/make-venv
	@scripts/make-venv .venv
	@touch $@

.venv/.run: .venv/.made pyproject.toml constraints.txt
	@scripts/install .venv .
	@touch $@

.venv/.test: .venv/.made pyproject.toml constraints.txt
	@scripts/install .venv '.[test]'
	@touch $@ .venv/.run

.venv/.test-packages: .venv/.made scripts/debian-packages Makefile
	@scripts/debian-packages $(TEST_PACKAGES)
	@touch $@

.venv/.peers: .venv/.made scripts/install-peers constraints-peers.txt
	@scripts/install-peers .venv/peers .venv
	@touch $@

.venv/.bench-packages: .venv/.made scripts/debian-packages Makefile
	@scripts/debian-packages $(BENCH_PACKAGES)
	@touch $@
