# Limner's chores. Each sets up what it needs: a machine needs Python 3.11 or newer and make, nothing else; with Node 20 more is tested.

PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2
ARGS ?=

# The prompt reaches the program through the environment, as it was typed: neither make nor the shell reads it.
PROMPT ?= a lighthouse at dusk
override PROMPT := $(value PROMPT)
export PROMPT

# Compiled modules are kept: a program that has to compile itself starts in three times the time, and tests start many.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run serve test lint bench chaos requirements docs messages setup setup-test setup-diffusers lock chromium node-packages clean distclean

help: ## list the chores
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

run: setup ## paint one picture: make run PROMPT="a lighthouse at dusk" ARGS="--size 512x512"
	@$(BIN)/limner generate $(ARGS) -- "$$PROMPT"

serve: setup ## start the server and the studio: make serve ARGS="--port 8003"
	@$(BIN)/limner serve $(ARGS)

# All tests run even where lint finds something; the last lines are always pytest's summary.
test: setup-test ## run lint and all tests: make test ARGS="-k money"
	@$(BIN)/python -m tools.chromium
	@$(BIN)/python -m tools.node_packages
	@failed=; $(BIN)/python -m tools.lint || failed=1; \
	LINT_FAILED=$$failed $(BIN)/python -m pytest -n $(JOBS) $(ARGS) </dev/null || exit $$?; test -z "$$failed"

lint: setup-test ## run every check, or some: make lint ARGS="types caps"
	@$(BIN)/python -m tools.lint $(ARGS)

bench: setup-test ## measure the speed goals: make bench ARGS="..."
	@$(BIN)/python bench/run.py $(ARGS)

chaos: setup-test ## kill workers at random points of their jobs: make chaos ARGS="--seed 7 --kills 200" or "--ends 10000"
	@$(BIN)/python -m tests.acceptance.chaos $(ARGS)

requirements: setup-test ## say which requirements the tests prove, and which not yet
	@$(BIN)/python -m tools.requirements

docs: setup-test ## write docs/cli.md and docs/models.md afresh; ARGS=--check only compares
	@$(BIN)/python -m tools.docs $(ARGS)

messages: setup-test ## add what the pages say to the catalogs of their languages; ARGS=--check only compares
	@$(BIN)/python -m tools.messages $(ARGS)

setup: ## install what Limner needs to run into .venv
	@$(PYTHON) tools/setup.py run

setup-test: ## install what the tests and checks need as well
	@$(PYTHON) tools/setup.py test

setup-diffusers: ## install torch and diffusers into .venv-diffusers, for the tests that paint with a real pipeline
	@$(PYTHON) tools/diffusers.py

lock: ## resolve the dependencies afresh and write both lock files
	@$(PYTHON) tools/lock.py

chromium: setup-test ## look for Chromium again, and install it where that can be done
	@$(BIN)/python -m tools.chromium --again

node-packages: setup-test ## install what some tests take from npm, where there is npm
	@$(BIN)/python -m tools.node_packages

clean: ## remove what checks and tests leave behind
	@rm -rf build dist htmlcov test-results bench/results .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
		.ruff_cache .schemathesis .coverage
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## remove the environment as well
	@rm -rf .venv .venv-diffusers
	@find tests -name node_modules -type d -prune -exec rm -rf {} + 2>/dev/null || true
