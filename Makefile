# make            the list of commands
.DEFAULT_GOAL := help
.PHONY: help run test test-fast check bench clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

run: $(VENV)/.run ## start the desk (practice market if there are no keys)
	@exec $(BIN)/python tickdesk.py run

test: $(VENV)/.dev chromium redis postgresql ## every test: unit, integration, browser
	@$(BIN)/python -m tests.lanes

test-fast: $(VENV)/.dev ## unit tests and real sockets, without the browser and the slow ones
	$(BIN)/python -m pytest tests/unit tests/integration -m "not slow and not alone" -n 2 --dist loadgroup --no-loadscope-reorder -q

check: $(VENV)/.dev ## style, types, and advisories about packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/python -m tests.advisories

bench: $(VENV)/.dev chromium ## measure what the README claims; results go to benchmarks/results
	$(BIN)/python -m benchmarks.socket_to_bars
	$(BIN)/python -m benchmarks.decode
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.client
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.orders
	$(BIN)/python -m benchmarks.order_click
	$(BIN)/python -m benchmarks.cache_readers
	$(BIN)/python -m benchmarks.cache_kills
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.worker_memory
	$(BIN)/python -m benchmarks.bars_oracle --cases 1000
	$(BIN)/python -m benchmarks.market_facts
	$(BIN)/python -m benchmarks.market_pace

soak: $(VENV)/.dev ## a desk under faults for SOAK_MINUTES (4), orders for ORDER_SOAK_MINUTES (60), then every fault of the feed
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.order_soak --minutes $${ORDER_SOAK_MINUTES:-60}
	rm -f benchmarks/results/faults.json
	SOAK=1 FAULTS_JSON=benchmarks/results/faults.json $(BIN)/python -m pytest tests/integration -k "test_feed or five_hundred" -q

soak-long: soak ## the same, a million broken frames, and the tape at its own speed for ten minutes
	$(BIN)/python -m benchmarks.fuzz_frames --frames 1000000
	$(BIN)/python -m benchmarks.real_tape --minutes 10
.PHONY: soak soak-long

chromium: ## install Chromium for the browser tests if it can be had
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -y -q chromium fonts-liberation; \
	else echo "Chromium is not installed and cannot be had without root: browser tests will be skipped"; fi
redis: ## install redis-server for the tests of the cache if it can be had
	@command -v redis-server >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -y -q --no-install-recommends redis-server; \
	else echo "redis-server is not installed and cannot be had without root: tests of the cache on Redis will be skipped"; fi
postgresql: ## install PostgreSQL for the tests of the journal if it can be had
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -y -q --no-install-recommends postgresql; \
	else echo "PostgreSQL is not installed and cannot be had without root: tests of the journal on PostgreSQL will be skipped"; fi
.PHONY: chromium redis postgresql

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-fast.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -c "from broker.fast_lane import FastLane; FastLane().get_ready()" # compiles once, not in a test
	@touch $@ $(VENV)/.run

clean: ## remove the virtual environment and what tests left
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
