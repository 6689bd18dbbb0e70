# One environment per Spark version: .venv for the default pair, .venv-3.5.2 for the other.
SPARK ?= 3.5.7
WHO = 2>/dev/null $(1) -c 'print("$(1)")'
PYTHON ?= $(or $(shell $(call WHO,python3.11)),$(shell $(call WHO,python3.10)),$(shell $(call WHO,python3.12)),python3)
VENV = .venv$(if $(filter-out 3.5.7,$(SPARK)),-$(SPARK))
BIN = $(VENV)/bin
SETUP = $(PYTHON) -m lake.setup --spark $(SPARK)
PYTEST = $(BIN)/python -m pytest

CLOUD_PYTHON = $(BIN)/python
.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-docs jars-s3 demo notebook docs test test-long test-box lint format zip bench clean

help:  ## What can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup  ## The whole lake on this machine: set-up, a million sales, the marts, the page
	@$(BIN)/lake generate
	@$(BIN)/lake run
	@$(BIN)/lake report

setup:  ## What the lake needs to run here: .venv, a Java when there is none, two jars
	@$(SETUP)

setup-test:
	@$(SETUP) --for test --jars s3

jars-s3:  ## The jars for lakes on S3 (280 MB)
	@$(SETUP) --for none --jars s3

test: setup-test cdk-cli  ## All tests, with coverage (SPARK=3.5.2: on the other Spark pair)
	@$(PYTEST) -n 2 --dist loadgroup --cov --cov-report=term

test-long: setup-test  ## The long random campaigns
	@$(PYTEST) -m long

bench: setup-test  ## The benchmark (args="full day --rounds 5": see python -m benchmarks --help)
	@$(BIN)/python -m benchmarks $(args)

test-box: setup-test  ## The box's image and its runs in a real Docker engine (as root, on Debian)
	@$(PYTEST) -m box tests/box

lint: setup-test  ## Format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

notebook:  ## Jupyter on this machine, with notebooks that read the lake
	@$(SETUP) --for notebook
	@$(BIN)/lake notebook

docs: setup-docs  ## The documentation as a site, in build/site
	@$(BIN)/python -m lake.reference
	@$(BIN)/mkdocs build --quiet --strict

setup-docs:
	@$(SETUP) --for docs

format: setup-test  ## Put the code into its format
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

zip:  ## build/jobs.zip and build/run.py, for spark-submit --py-files
	@$(PYTHON) -m lake.package build

clean:  ## Remove environments, jars and caches; never a lake's data
	rm -rf .venv .venv-* .tools build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage spark-warehouse metastore_db derby.log

include cloud.mk
