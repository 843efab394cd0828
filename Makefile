# Everything a newcomer types. `make demo` runs the product, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

.PHONY: help setup demo test lint types layers format bench evaluate contracts lock browser

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: .venv/.dev ## the virtual environment with every pinned and hashed requirement

demo: .venv/.run ## the whole product with the sample company (options: make demo ARGS="--port 8090")
	@$(BIN)/closedloop demo $(ARGS)

test: .venv/.dev browser ## every test, on a real Kafka and a real PostgreSQL (ARGS go to pytest)
	@$(BIN)/pytest $(ARGS)

lint: .venv/.dev layers types ## format, rules, types and layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: .venv/.dev ## mypy, strict, tests too
	@$(BIN)/mypy

layers: .venv/.dev ## who may import whom
	@$(BIN)/lint-imports

format: .venv/.dev ## rewrite the source in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev ## the speeds that docs/benchmarks.md states
	@$(BIN)/python -m tests.bench

evaluate: .venv/.evaluate ## the accuracy that docs/accuracy.md states, beside the baselines
	@$(BIN)/python -m tests.evaluate

contracts: .venv/.dev ## the JSON Schemas (events, program) and the AsyncAPI document, from the models
	$(BIN)/python -m shared.contracts.generate
	$(BIN)/python -m shared.program.schema

lock: .venv/.dev ## resolve and hash Kafka's jars anew
	$(BIN)/python -m deploy.local.lock

# Bytecode is written once, by both cores: a worker that comes back would compile for two seconds
# in a home where Python may not write any.
COMPILE = $(BIN)/python -m compileall -qq -j 0 .venv/lib shared services deploy
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --no-compile --require-hashes

.venv/.run: requirements/run.txt pyproject.toml
	@echo "Python packages, once:"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) -r $< | deploy/local/pip-progress $<
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@$(INSTALL) -r $< | deploy/local/pip-progress $<
	@touch $@

.venv/.evaluate: requirements/evaluate.txt .venv/.dev
	@$(INSTALL) -r $< | deploy/local/pip-progress $<
	@touch $@

# The tests look at pages in a real browser; on Debian it can be had.
browser:
	@deploy/local/install-browser
