# Everything here sets itself up: a bare machine needs Python 3.11 or later, and make.
#   make demo     run the first scenario and print its table
#   make test     run every test
#   make lint     style, types, architecture, generated pages
# Another Python: make test PYTHON=/path/to/python3

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := test
.DELETE_ON_ERROR:
.PHONY: demo test coverage lint kernels format verify bench docs clean

PYTHON ?=
BIN := .venv/bin
READY := .venv/.ready
BENCH_READY := .venv-bench/.ready

# The first Python that is new enough and can make an environment.
define FIND_PYTHON
for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    python="$$candidate"; break; \
  fi; \
done; \
if [ -z "$${python:-}" ]; then \
  echo "detente needs Python 3.11 or later with its venv module (on Debian and Ubuntu: python3-venv)." >&2; \
  echo "Name one with: make PYTHON=/path/to/python3" >&2; \
  exit 2; \
fi
endef

demo: $(READY)
	$(BIN)/detente run attribution-error

test: kernels
	$(BIN)/python -m pytest -n 2 --dist loadfile

coverage: $(READY)
	$(BIN)/python -m pytest --cov

lint: kernels
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/pictures.py --check
	$(BIN)/python tools/docs.py --check

# What runs side by side would compile the same twice.
kernels: $(READY)
	@$(BIN)/python tools/kernels.py

format: $(READY)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# All claims, or some: make verify NAME=borel
verify: $(READY)
	$(BIN)/python -m pytest verification $(if $(NAME),-k $(NAME))

bench: $(BENCH_READY)
	.venv-bench/bin/python -m benchmarks
	.venv-bench/bin/python -m benchmarks.solver
	.venv-bench/bin/python -m benchmarks.scaling
	.venv-bench/bin/python -m benchmarks.ledger
	.venv-bench/bin/python -m benchmarks.gate

# Writes the pages and the passages that are the program's own output.
docs: $(READY)
	$(BIN)/python tools/docs.py
	$(BIN)/python tools/pictures.py

clean:
	rm -rf .venv .venv-bench build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@echo "setting up .venv (once)"
	@$(FIND_PYTHON); "$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $@

# The peers have old and heavy requirements of their own, so they live apart.
$(BENCH_READY): pyproject.toml constraints.txt benchmarks/requirements.txt
	@echo "setting up .venv-bench (once)"
	@$(FIND_PYTHON); "$$python" -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check hatchling editables
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e .
	@touch $@
