# Everything runs inside .venv, which the first target that needs it makes.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt
PYTEST := $(BIN)/pytest -n 2 --durations=10
# BLAS threads would spin on work that is small, and studies run one after the other anyway.
run-modules = set -e; for module in $(subst /,.,$(basename $(wildcard $(1)))); do \
	OMP_NUM_THREADS=1 $(BIN)/python -m $$module; done

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-services test-peers coverage lint format wheel docs \
	evidence evidence-long bench changelog dist constraints

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.test ## make .venv with the package and what its tests need

demo: .venv/.package ## the main job on real comments: votes to labels, model and report
	$(BIN)/labelwright demo

test: .venv/.test ## the tests that need no services (ARGS=... goes to pytest)
	$(PYTEST) -m "not services and not slow and not peers" $(ARGS)

test-services: .venv/.test ## the tests that need a service (pytest's 5: there are none yet)
	$(PYTEST) -m services $(ARGS) || [ $$? -eq 5 ]

test-peers: .venv/.test .venv/.peers ## the slow tests and those against other packages
	$(PYTEST) -m "slow or peers" $(ARGS)

coverage: .venv/.test ## the tests again, with the share of lines they run
	$(MAKE) test ARGS="--cov --cov-report="
	$(BIN)/coverage report --include='*/core/*' --fail-under=100
	$(BIN)/coverage report --skip-covered --fail-under=90

lint: .venv/.test .venv/.lint ## style, types, floors and sizes
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/sizes.py

format: .venv/.lint ## put imports and layout in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: .venv/.package ## build the wheel and use it from an empty environment
	$(BIN)/python scripts/check_wheel.py

docs: .venv/.docs ## the site, into build/site
	$(BIN)/python scripts/docs.py

evidence: .venv/.test .venv/.peers ## measure every method against its baselines
	$(call run-modules,evidence/*/[a-z]*.py)

evidence-long: .venv/.test .venv/.peers ## the measurements that take up to twenty minutes each
	$(call run-modules,evidence/*/long/[a-z]*.py)

bench: .venv/.test .venv/.peers ## time and memory beside named peers
	$(BIN)/python -m benchmarks

changelog: .venv/.dist ## gather changelog.d into CHANGELOG.md for a release
	$(BIN)/towncrier build --yes

dist: .venv/.dist ## the source archive and the wheel, into dist/
	$(BIN)/python -m build --outdir dist

constraints: .venv/.pip ## resolve constraints.txt anew
	$(BIN)/python scripts/constraints.py

# One stamp for each dependency group; all are renewed when the dependencies change.
.venv/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Labelwright needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

.venv/.package: pyproject.toml constraints.txt | .venv/.pip
	$(INSTALL) --editable .
	@touch $@

.venv/.%: .venv/.package
	$(INSTALL) --group $*
	@touch $@
