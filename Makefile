# Each target sets up what it needs: a fresh machine with Python 3.11 or newer is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
# What runs the bot and its rehearsal, and nothing that only tests need: small, and soon there.
BOT_VENV := .venv-bot
BOT_READY := $(BOT_VENV)/.ready

# Compiled tests are kept, wherever they run: six processes, and the bots that they start, read them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup install demo test slow pictures golden check format bench faults lock release clean
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# $(call install,FOLDER,EXTRAS): a virtual environment with the bot and these extras
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(2)]'
	@touch $@
endef
comma := ,

$(READY): pyproject.toml constraints.txt
	$(call install,$(VENV),test$(comma)check)

$(BENCH_READY): pyproject.toml constraints.txt
	$(call install,$(VENV),bench)

$(BOT_READY): pyproject.toml constraints.txt
	$(call install,$(BOT_VENV),demo)

setup: $(READY) ## build .venv

install: $(BOT_READY) ## build .venv-bot: the bot and its rehearsal, nothing for tests

demo: $(BOT_READY) ## rehearse the whole bot on this machine; nothing to sign up for
	$(BOT_VENV)/bin/python -m bot demo $(ARGS)

test: $(READY) ## run the tests that are quick (most wait rather than work: three to a core)
	$(BIN)/python -m pytest -n 6 --dist worksteal -m "not faults and not slow"

slow: $(READY) ## run the tests that are slow: browsers, fuzz, random runs, the socket with PostgreSQL
	$(BIN)/python -m pytest -n 6 --dist worksteal -m "slow and not faults"

faults: $(READY) ## kill the bot and break what it talks to; prints a table
	$(BIN)/python -m pytest tests/faults -m faults -n 6 --dist worksteal

bench: $(BENCH_READY) ## measure speed and cost
	$(BIN)/python -m benchmarks

pictures: $(READY) ## make the pictures in docs/pictures (needs chromium, chromedriver, an emoji font)
	$(BIN)/python -m tests.browser.pictures

golden: $(READY) ## draw all golden files as pictures in build/golden, for a phone and a desktop
	$(BIN)/python -m tests.browser.golden

check: $(READY) ## format, lint, types, tests, coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not faults" --cov=bot --cov=handlers --cov-report=term:skip-covered

lock: ## write requirements.lock and requirements-build.lock anew, from constraints.txt
	.ci/lock

release: $(READY) ## build wheel, source and bill of materials into dist, and check them; publishes nothing
	.ci/release

format: $(READY) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## drop both environments and caches
	rm -rf $(VENV) $(BOT_VENV) .venv-release build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
