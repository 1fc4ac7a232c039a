# `make help` lists the targets. Nothing is needed but Python 3.11 and make; everything is kept in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help run test sanitize lint type bench bench-audit bench-http train train-encoder train-demo report-demo charts clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ' ## ' '/^[a-z-]+:.* ## / {sub(/:.*/, "", $$1); printf "make %-12s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.run ## serve on 127.0.0.1:8000 with the model in models/default
	$(BIN)/python -m moderation serve

test: $(VENV)/.dev ## run the tests
	$(BIN)/python -m pytest

sanitize: $(VENV)/.dev ## run the C kernels under the sanitizers of addresses and undefined behaviour
	$(BIN)/python tests/sanitize.py

lint: $(VENV)/.dev ## read the code for mistakes
	$(BIN)/ruff check .

type: $(VENV)/.dev ## check the types
	$(BIN)/mypy

bench: $(VENV)/.bench ## measure lexicon, classifier, scorer, encoder and service, beside others
	$(BIN)/python benchmarks/lexicon.py
	$(BIN)/python benchmarks/classifier.py
	$(BIN)/python benchmarks/scorer.py
	$(BIN)/python benchmarks/encoder.py
	$(BIN)/python benchmarks/service.py

bench-audit: $(VENV)/.dev ## measure audits: beside the bare scorer, on every engine, and their memory
	$(BIN)/python benchmarks/audit.py

bench-http: $(VENV)/.dev ## measure the service: requests, memory, batches
	$(BIN)/python benchmarks/bench_http.py

train: $(VENV)/.dev ## train models/default from the training data (see `moderation train --help`)
	$(BIN)/python -m moderation train

train-encoder: $(VENV)/.encoder-train ## fine-tune models/encoder (see `moderation train-encoder --help`)
	$(BIN)/python -m moderation train-encoder --minutes 60 --checkpoint $(VENV)/encoder.pt

train-demo: $(VENV)/.dev ## train a tiny model in seconds, to see that training works
	$(BIN)/python -m moderation train --demo --out $(VENV)/demo

report-demo: $(VENV)/.dev ## the audit's report of a made-up archive, with pictures of it, in .venv/demo/report
	$(BIN)/python benchmarks/report_demo.py $(VENV)/demo/report

charts: ## make the charting script anew from charts/package-lock.json (wants npm)
	cd charts && npm ci --ignore-scripts --no-audit --no-fund && npm run build

clean: ## remove the virtual environment and what was built
	rm -rf $(VENV) moderation/_build

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python requirements.txt requirements-encoder.txt pyproject.toml moderation/kernels.py $(wildcard moderation/csrc/*.[ch])
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-encoder.txt
	$(PIP) --no-deps --editable .
	$(BIN)/python -m moderation.kernels
	@touch $@

$(VENV)/.dev: $(VENV)/.run $(wildcard requirements-*.txt)
	$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/.encoder-train: $(VENV)/.dev requirements-encoder-train.txt requirements-encoder.txt
	$(PIP) --no-deps -r requirements-encoder-train.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements-bench.txt requirements-encoder-train.txt
	$(PIP) -r requirements-bench.txt
	$(PIP) --no-deps -r requirements-encoder-train.txt
	@touch $@
