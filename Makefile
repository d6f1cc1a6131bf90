PYTHON ?= python3.11
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check lint format clean

run: .venv/base  ## build the sample dataset
	$(BIN)/spatialthinker build configs/sample.toml

test: .venv/dev  ## run the tests
	$(BIN)/pytest

check: lint test  ## everything a commit must pass

lint: .venv/dev  ## format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment and everything that runs have written
	rm -rf .venv .prefect data/artifacts data/datasets

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/base: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing the packages that builds need (once, about a minute) ..."
	$(BIN)/pip install -qq -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/base
	@echo "Installing the packages that tests need (once, about a minute) ..."
	$(BIN)/pip install -qq -c constraints.txt -e '.[dev]'
	@touch $@
