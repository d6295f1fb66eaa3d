# Everything a person or CI runs. `make setup` makes .venv; the rest uses it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made

.PHONY: setup demo test slow fuzz kills check lint types bench docs clean
.DEFAULT_GOAL := demo

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hibiscus needs Python 3.11 or newer; found $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=23.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@

setup: $(STAMP)  ## make .venv from constraints.txt; the command is .venv/bin/hibiscus

demo: setup  ## train a classifier on bundled digits and write its report
	$(BIN)/hibiscus train classify digits net=cnn epochs=20

test: setup  ## the default tests, two processes with one thread each
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

slow: setup  ## learns something real: minutes, one training at a time with all threads
	$(BIN)/python -m pytest -m slow

INPUTS ?= 100000
SEED ?= 1
KILLS ?= 1000
fuzz: setup  ## hostile inputs of every kind: what they ended in, and the faults; INPUTS=1000 SEED=2
	nice $(BIN)/python tests/hostile/fuzz.py --inputs $(INPUTS) --seed $(SEED)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/pyright

kills: setup  ## trainings of every method, killed 1,000 times and resumed: every file as without a kill
	nice $(BIN)/python tests/hostile/kills.py --kills $(KILLS) --seed $(SEED)

check: lint types  ## lint, types and the architecture's rules
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/architecture

bench: setup  ## every figure of the README: a ratio against a plain hand-written loop
	$(BIN)/python benchmarks/run.py

docs: setup  ## the site in build/site; warnings are errors
	NO_MKDOCS_2_WARNING=1 OMP_NUM_THREADS=1 $(BIN)/python -m mkdocs build --strict --quiet

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis
