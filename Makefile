# Every command that people and CI run. `make` alone prints them.

PYTHON := $(shell command -v python3)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
PORT ?= 8000
UV := VIRTUAL_ENV=.venv .venv/bin/uv pip

.DEFAULT_GOAL := help
.PHONY: help run setup build test check unit wheel contract lock clean

help: ## print this list
	@grep -hE '^[a-z0-9-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: setup ## set up and serve [PORT=8000]; never needs root
	@python -m avatarium serve --port $(PORT)

setup: .venv/.ready ## install what the service and the checks need, into .venv

.venv/.ready: requirements-uv.lock requirements-dev.lock pyproject.toml
	@echo "Setting up Python in .venv"
	@$(PYTHON) -m venv --without-pip .venv
	@$(PYTHON) -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-uv.lock
	@$(UV) sync --quiet --require-hashes --compile-bytecode requirements-dev.lock requirements-uv.lock
	@$(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

test: ## everything that CI runs; installs what it needs
	@$(MAKE) --no-print-directory setup
	@python scripts/run_checks.py check unit

check: setup ## format, lint, types, import directions, unused code, contract
	@python scripts/run_checks.py check

unit: setup ## unit, port and property tests of both sides, with coverage
	@python scripts/run_checks.py unit

wheel: setup ## dist/avatarium-*.whl 
	@rm -rf dist && python -m build --no-isolation --wheel --outdir dist . >/dev/null && ls dist/*.whl

contract: setup ## write contract/openapi.json and the golden messages anew
	@python scripts/export_contract.py

lock: setup ## resolve the lock files anew
	@uv pip compile --quiet --no-header --generate-hashes --group dev --python-version 3.11 pyproject.toml -o requirements-dev.lock

clean: ## remove everything that make made
	@rm -rf .venv .cache dist build data
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
