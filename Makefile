# Every command that people and CI run. `make` alone prints them.

# The system's Python, also in a shell where .venv is active.
PYTHON := $(shell PATH="$(subst $(CURDIR)/.venv/bin:,,$(PATH))" command -v python3)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/web/node_modules/.bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
PORT ?= 8000
FUZZ_SECONDS ?= 30
UV := VIRTUAL_ENV=.venv .venv/bin/uv pip
WEB_SOURCES := $(shell find web/client/src web/demo/src web/demo/index.html web/demo/vite.config.ts -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run setup build test check unit integration e2e fuzz check-the-checks accept-spine accept-imaging bench-imaging bench-load-upload wheel contract screenshots minio lock clean

help: ## print this list
	@grep -hE '^[a-z0-9-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: build ## set up, seed and serve the demo [PORT=8000]; never needs root
	@python -m avatarium demo --port $(PORT)

setup: .venv/.ready web/node_modules/.ready ## install what the demo and the checks need, into .venv and web/node_modules

.venv/.ready: requirements-uv.lock requirements-dev.lock pyproject.toml
	@echo "Setting up Python in .venv"
	@$(PYTHON) -m venv --without-pip .venv
	@$(PYTHON) -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-uv.lock
	@$(UV) sync --quiet --require-hashes --compile-bytecode requirements-dev.lock requirements-uv.lock
	@$(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

web/node_modules/.ready: web/package-lock.json web/package.json web/client/package.json web/demo/package.json web/e2e/package.json
	@echo "Setting up the browser side in web/node_modules"
	@cd web && npm ci --loglevel=error
	@touch $@

build: setup src/avatarium/static/index.html ## build the demo's page into the Python package

src/avatarium/static/index.html: web/node_modules/.ready $(WEB_SOURCES)
	@echo "Building the demo's page"
	@cd web && npm run --silent build

test: ## everything that CI runs; installs what it needs
	@$(PYTHON) scripts/system_packages.py
	@$(MAKE) --no-print-directory build .cache/corpus/.lock
	@python scripts/run_checks.py check unit integration e2e wheel check-the-checks

check: setup ## format, lint, types, import directions, unused code, contract
	@python scripts/run_checks.py check

unit: setup ## unit, port and property tests of both sides, with coverage
	@python scripts/run_checks.py unit

integration: setup .cache/corpus/.lock ## tests that start processes
	@python scripts/run_checks.py integration

e2e: build ## browser tests against the demo in Chromium
	@python scripts/run_checks.py e2e

fuzz: .venv/.ready ## coverage-guided fuzzing of our own parsers [FUZZ_SECONDS=30]
	@$(UV) install --quiet --require-hashes -r requirements-fuzz.lock
	@mkdir -p .cache/fuzz/corpus && cd .cache/fuzz && ../../.venv/bin/python ../../tests/fuzz/parsers.py \
		-max_total_time=$(FUZZ_SECONDS) -max_len=512 -print_final_stats=1 corpus

check-the-checks: setup ## plant a fault for each check; fail if one stays green
	@python scripts/run_checks.py check-the-checks

accept-spine: build ## acceptance of the spine at full size; report in bench/results/
	@python bench/accept_spine.py

accept-imaging: .venv/.ready .cache/corpus/.lock ## every file of a corpus that we did not write ends in a ladder or a problem
	@python bench/accept_imaging.py

bench-imaging: .venv/.ready bench/node/node_modules/.ready ## time, memory and quality of an upload beside Pillow and sharp
	@python bench/imaging.py

bench-load-upload: .venv/.ready ## fifty uploads at once beside two hundred reads a second
	@python bench/load_upload.py

.cache/corpus/.lock: requirements-corpus.lock
	@$(PYTHON) scripts/fetch_corpus.py

bench/node/node_modules/.ready: bench/node/package.json
	@cd bench/node && npm install --no-package-lock --no-save --loglevel=error >/dev/null
	@touch $@

wheel: build ## dist/avatarium-*.whl with the built page; installing it needs no Node
	@rm -rf dist && python -m build --no-isolation --wheel --outdir dist . >/dev/null && ls dist/*.whl

contract: setup ## write contract/openapi.json and the golden messages anew
	@python scripts/export_contract.py

screenshots: build ## take the pictures that the README shows
	@cd web && vitest run --project screenshots

# MinIO's upstream stopped in 2026; this is its last commit.
MINIO := v0.0.0-20260212201848-7aac2a2c5b7c

minio: .cache/bin/minio ## build MinIO with Go, for the tests that use it where it is there (5 minutes of processor time)

.cache/bin/minio:
	@command -v go >/dev/null || { echo "MinIO is built with Go, which is not there."; exit 1; }
	@GOBIN=$(CURDIR)/.cache/bin CGO_ENABLED=0 go install -trimpath github.com/minio/minio@$(MINIO)

lock: setup ## resolve the lock files anew
	@uv pip compile --quiet --no-header --generate-hashes --group dev --python-version 3.11 pyproject.toml -o requirements-dev.lock
	@cd web && npm install --package-lock-only && node ../scripts/complete-lock.mjs

clean: ## remove everything that make made
	@rm -rf .venv .cache dist build src/avatarium/static web/node_modules web/client/dist data
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
