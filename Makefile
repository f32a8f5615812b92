# Two commands do everything on a fresh machine: `make demo` runs the main job, `make test` passes the tests.
# Both make an environment in .venv first; nothing is installed outside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.PHONY: help demo test lint check lab soak bench notebook lock wheel clean
.DEFAULT_GOAL := help

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Weatherglass needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is not complete here. On Debian or Ubuntu: apt-get install python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run ## simulate the audited cluster and compare its remedies (pictures in demo/)
	@rm -rf demo
	$(BIN)/weatherglass compare k3s-audit --replications 20 --plots demo
	@echo "Pictures: $$(ls demo/*.png | tr '\n' ' ')"

lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint check notebook lab ## everything that has to pass; the lab's parts are built once, which takes about 10 minutes

check: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not soak and not cluster"

lab: $(VENV)/.dev ## the tests on a real cluster (root on Linux; elsewhere they are skipped, with the reason)
	WEATHERGLASS_TESTS_BUILD=1 $(BIN)/python -m pytest -rs -m "cluster and not soak" tests/lab

notebook: $(VENV)/.dev ## run the notebooks
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=300 notebooks

soak: $(VENV)/.dev ## what takes long: coverage of the intervals, ten million calls, faults on labs; writes benchmarks/soak.json
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.timelines

bench: $(VENV)/.dev ## side by side with peers; writes benchmarks/latest.json and docs/performance.md
	$(BIN)/pip install --quiet "ciw>=3.1" "salabim>=25"
	$(BIN)/python -m benchmarks

PIP_COMPILE = $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe --strip-extras --all-build-deps --no-header
lock: | $(BIN)/python ## renew the lock files from the lower bounds in pyproject.toml
	$(BIN)/pip install --quiet pip-tools
	@rm -f requirements.lock requirements-dev.lock # old pins would stand in the way of new dependencies
	$(PIP_COMPILE) --extra dev --extra conformance -o requirements-dev.lock pyproject.toml
	$(PIP_COMPILE) --constraint requirements-dev.lock -o requirements.lock pyproject.toml

wheel: $(VENV)/.dev ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf $(VENV) demo dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
