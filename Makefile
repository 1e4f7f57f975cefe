# The lock holds everything with hashes; only wheels are installed, so no compiler is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
MUTANTS := build/mutants

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Install everything from the lock into .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "this Python has no venv: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

.PHONY: drill
drill: $(READY) ## Play the first drill: home loses its power
	$(BIN)/drill run scenarios/power-loss.yaml

DEMO := DRILL_HISTORY_URL=sqlite:///$(CURDIR)/build/demo/history.sqlite $(BIN)/drill

.PHONY: demo
demo: $(READY) ## Play three drills; leave reports, their history and signed evidence in build/demo
	rm -rf build/demo && mkdir -p build/demo
	$(DEMO) keys new --out build/demo
	$(DEMO) run power-loss dc-fire courier-dump --runs build/demo/runs --key build/demo/drill.key --html build/demo/report.html
	$(DEMO) history list
	$(DEMO) history trend power-loss
	for run in build/demo/runs/*/; do $(DEMO) evidence verify $$run --public-key build/demo/drill.pub || exit; done
	@echo "the report: build/demo/report.html"

.PHONY: test
test: $(READY) ## Run the tests that this machine can run, but for the long ones, in two lanes: most of a drill is waiting
	$(BIN)/pytest -m "not soak" -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: soak
soak: $(READY) ## Run what takes long: kills in every act, repeats, a whole country, every sabotage
	$(BIN)/pytest -m soak --timeout 3600

.PHONY: sabotage
sabotage: $(READY) ## Damage copies in every way that is known, and write docs/sabotage.md anew (twenty minutes)
	DRILL_WRITE_DOCS=1 $(BIN)/pytest -m "soak or not soak" --timeout 3600 tests/sabotage/test_sabotage.py

.PHONY: mutants
mutants: $(MUTANTS)/ready ## Change the judging code in one place at a time: a unit test must notice (half an hour)
	$(MUTANTS)/bin/python -m tests.mutants

$(MUTANTS)/ready: tests/mutants/requirements.lock
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r tests/mutants/requirements.lock
	@touch $(MUTANTS)/ready

.PHONY: lint
lint: $(READY) ## Check form, types and floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: $(READY) ## Measure on this machine what docs/performance.md promises (half an hour, nothing else running)
	@mkdir -p build
	$(BIN)/python -m tests.bench --json build/bench.json

.PHONY: bench-rivals
bench-rivals: $(READY) ## Set pgBackRest and Barman beside the replay (root, debootstrap; twenty minutes)
	@mkdir -p build
	$(BIN)/python -m tests.bench.rivals --json build/bench-rivals.json

COMPILE := uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml

.PHONY: lock
lock: ## Write the locks anew (needs uv)
	$(COMPILE) --extra dev -o requirements.lock
	$(COMPILE) --extra dev --extra mutants --constraint requirements.lock -o tests/mutants/requirements.lock

.PHONY: clean
clean: ## Remove what killed drills left, and what was built here
	-test ! -x $(BIN)/drill || $(BIN)/drill clean
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
