# `make run` and `make test` do all that is needed, from a clean clone on.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
TOKEN_IN_ENV_FILE := ^[^[:alnum:]\#]*(export[[:space:]]+)?BOT_TOKEN[[:space:]]*=[[:space:]"']*[^[:space:]"'\#]

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format locales migration bench clean

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | while IFS='	' read -r name text; \
		do printf '  make %-9s %s\n' "$$name" "$$text"; done

run: $(VENV)/.for-running ## Start the bot on Telegram (with BOT_TOKEN), else the sandbox; ARGS="--port 8082"
	@if [ -n "$$BOT_TOKEN" ] || grep -Eiqs "$$TOKEN_IN_ENV_FILE" .env; \
		then exec $(BIN)/captionbot run $(ARGS); else exec $(BIN)/captionbot sandbox $(ARGS); fi

# One process per processor: computing threads of their own would only get in each other's way.
test: $(VENV)/.for-development ## Run every test; ARGS="tests/bot -x" is passed to pytest
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=8 --dist=worksteal $(ARGS)

lint: $(VENV)/.for-development ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.for-development ## Bring the code into shape, as far as a program can
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

locales: $(VENV)/.for-running ## Take the texts into the catalogues and compile these; ADD=de adds a language
	$(BIN)/python -m bot.i18n $(ADD)

migration: $(VENV)/.for-development ## Draft a migration of what changed in the tables; NAME=places
	@path=$$($(BIN)/python -m migrations.draft "$(NAME)") \
		&& $(BIN)/ruff check --fix --exit-zero --quiet "$$path" && $(BIN)/ruff format --quiet "$$path" \
		&& echo "$$path: read it, and say in its first line what it brings."

bench: $(VENV)/.for-running ## Measure captions against what the hardware allows, and the bot; the machine should be idle
	$(BIN)/captionbot bench --results docs/benchmark.json $(ARGS)

clean: ## Remove the virtual environment and caches; data and weights stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

export TOKEN_IN_ENV_FILE

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Python 3.11 or newer is needed, and there is no $(PYTHON): install it, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments: install its venv package (on Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.for-running: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing the bot into $(VENV); the first time this takes some minutes."
	$(INSTALL) -e .
	@touch $@

$(VENV)/.for-development: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing everything into $(VENV); the first time this takes some minutes."
	$(INSTALL) -e '.[training,dev]'
	@touch $@ $(VENV)/.for-running
