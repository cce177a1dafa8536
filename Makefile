# Every target sets up what it needs by itself; no root needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup check static unit unit-whole test demo bench lock clean
setup: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hearth needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version). Remedy: make PYTHON=python3.11 setup"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# Two at a time. What lives through days, most random examples and what only measures Hearth are
# left to `make test`.
check: setup
	@$(MAKE) --no-print-directory -j2 --output-sync=target static unit

static:
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports

UNIT := $(BIN)/python -m pytest -q -n auto --dist worksteal --ignore-glob='*/test_benchmarks_*' tests/unit

unit:
	$(UNIT) --hypothesis-profile=quick -m "not long"

unit-whole:
	$(UNIT)

# They wait more than they compute, so three share two cores; but those that look at the time, or whose
# house lives faster than the wall, come afterwards and have a core each.
test: setup
	@$(MAKE) --no-print-directory -j2 --output-sync=target static unit-whole
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not timed" tests/sim tests/unit/test_benchmarks_*
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m timed tests/sim

demo: setup
	$(BIN)/hearth demo $(ARGS)

bench: setup
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --override requirements/override.in pyproject.toml --extra demo --group dev requirements/build.in -o requirements/dev.txt

clean:
	rm -rf $(VENV) benchmarks/results.json
