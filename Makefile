# Everything runs in .venv, which is made anew only when pyproject.toml or constraints.txt change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Two processes suit the smallest machines that run the tests; more only help where there are more cores.
TEST_PROCESSES ?= 2
PYTEST_ARGS ?=

.PHONY: help serve secrets test test-full lint format types docs check constraints clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/service.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable '.[service]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable '.[dev,service,train,batch,ray]'
	@touch $@ $(VENV)/service.stamp

serve: $(VENV)/service.stamp  ## Start the HTTP service; LINEWISE_PORT=9000 and the like configure it
	$(BIN)/linewise serve

# The files can be read by whoever reaches them, since each container has its own user; the folder keeps others out.
secrets: $(VENV)/service.stamp  ## Make the API keys and passwords that docker-compose.yml asks for
	mkdir -p -m 700 deploy/secrets
	test -e deploy/secrets/keys || { \
	  $(BIN)/linewise new-key prometheus --file deploy/secrets/keys > deploy/secrets/metrics-key && \
	  head -c 24 /dev/urandom | base64 > deploy/secrets/grafana-password && \
	  echo 'Your API key, shown this once:' && $(BIN)/linewise new-key me --file deploy/secrets/keys; }

test: $(VENV)/dev.stamp  ## Run the tests, but for the long ones
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) -m "not full" $(PYTEST_ARGS)

test-full: $(VENV)/dev.stamp  ## Run all tests, the long ones with their full counts
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) $(PYTEST_ARGS)

lint: $(VENV)/dev.stamp  ## Check style, formatting, and that the components depend one way only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp  ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/dev.stamp  ## Check the types
	$(BIN)/mypy

docs: $(VENV)/dev.stamp  ## Bring the outputs that the documentation shows up to date
	$(BIN)/python docs/generate.py

check: lint types test  ## Run the tests and check style and types

constraints:  ## Write constraints.txt anew from the newest versions that pyproject.toml allows
	rm -rf build/constraints-venv
	$(PYTHON) -m venv build/constraints-venv
	build/constraints-venv/bin/pip install --quiet --disable-pip-version-check '.[dev,service,train,batch,ray]' editables
	{ sed -n '/^#/p' constraints.txt; \
	  build/constraints-venv/bin/pip freeze --exclude linewise | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/constraints-venv

clean:  ## Remove the environment and everything that was built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
