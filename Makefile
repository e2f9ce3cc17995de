# One command each: `make run` to use it, `make test` to change it. Needs a Python (3.10 to 3.13) with pip and venv, no more.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

VENV ?= .venv
BIN := $(VENV)/bin
# The first that runs and is new enough; `make PYTHON=/path/to/python …` to choose another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	"$$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { command -v "$$python"; break; }; done)
# The home that `make run` uses; your own is $AIRFLOW_HOME or ~/airflow, and is not touched.
RUN_HOME ?= $(CURDIR)/.run
# Test processes beside each other.
JOBS ?= 2
BENCH ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help python-version run ui test lint format types contracts docs docs-check bench lock clean install-run install-dev

help:
	@echo 'make run     install and start tradewind with the examples, in a home of its own ($(RUN_HOME))'
	@echo 'make ui      build the web UI, if ui/ changed since'
	@echo 'make test    install what the tests need; lint, types, import contracts, all tests'
	@echo 'make lint    only format, lint, types and import contracts'
	@echo 'make format  put the code into the one format'
	@echo 'make docs    write the generated pages of docs/ anew'
	@echo 'make bench   the benchmarks (BENCH="chain_small idle" for some, BENCH="--airflow PATH" beside a real Airflow)'
	@echo 'make lock    pin the requirements anew, after a change of pyproject.toml'

# --- installing ----------------------------------------------------------------------------------------------------
# A stamp's name holds what was installed (requirements, project file), so a second call does nothing and a changed pin
# installs again.

stamp = $(VENV)/.installed-$(1)-$(shell cat requirements/$(1).txt pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
RUN_STAMP := $(call stamp,run)
DEV_STAMP := $(call stamp,dev)

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo 'tradewind needs Python 3.10, 3.11, 3.12 or 3.13, and none was found on PATH.' \
		'Install one, or name it: make PYTHON=/path/to/python run' >&2; exit 1; }
	@"$(PYTHON)" -m venv "$(VENV)" || { rm -rf "$(VENV)"; echo '$(PYTHON) cannot make virtual environments.' \
		'On Debian and Ubuntu install its package python3-venv, or name another: make PYTHON=/path/to/python run' >&2; exit 1; }

# Which Python `make` takes, for `.ci/run`.
python-version: | $(BIN)/python
	@"$(BIN)/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'

define install
	@echo "installing requirements/$(1).txt into $(VENV)"
	@"$(BIN)/python" -m pip install --quiet --require-hashes --requirement requirements/$(1).txt
	@TRADEWIND_SKIP_UI=1 "$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f "$(VENV)"/.installed-$(1)-*
	@touch "$@"
endef

$(RUN_STAMP): | $(BIN)/python
	$(call install,run)

$(DEV_STAMP): | $(BIN)/python
	$(call install,dev)

install-run: $(RUN_STAMP)
install-dev: $(DEV_STAMP)

# pip would build the web UI silently; this says so, and builds it again when ui/ changed, and not otherwise. A machine
# without a node that is new enough gets one into the virtual environment; if there is none for it, the second line says so.
define build-ui
	@if "$(BIN)/python" hatch_build.py --needs-node; then \
		echo 'installing requirements/node.txt into $(VENV), to build the web UI'; \
		"$(BIN)/python" -m pip install --quiet --only-binary :all: --require-hashes --requirement requirements/node.txt || true; fi
	@"$(BIN)/python" hatch_build.py
endef

ui: install-run
	$(build-ui)

# --- using ---------------------------------------------------------------------------------------------------------

run: install-run
	$(build-ui)
	@mkdir -p "$(RUN_HOME)"
	@echo 'tradewind starts in $(RUN_HOME), with the example DAG files. Ctrl-C ends it.'
	@echo 'It prints the address of its pages, and at its first start a password. Or watch it from another terminal:'
	@echo '    export AIRFLOW_HOME=$(RUN_HOME) PATH=$(abspath $(BIN)):$$PATH'
	@echo '    tradewind dags list'
	@echo '    tradewind dags unpause example_hello && tradewind dags list-runs example_hello'
	@AIRFLOW_HOME="$(RUN_HOME)" exec "$(BIN)/tradewind" standalone

# --- checking ------------------------------------------------------------------------------------------------------

lint: install-dev
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .
	@"$(BIN)/mypy"
	@"$(BIN)/lint-imports" --no-cache
	@"$(BIN)/python" docs/generate.py --check

format: install-dev
	@"$(BIN)/ruff" check --fix .
	@"$(BIN)/ruff" format .

# Warnings are errors: [tool.pytest.ini_options]. Tests that kill processes and measure how soon that is noticed run by
# themselves, after the others. A test that fails beside others is run once more by itself, and said to be: many of them
# start and kill real processes, and the machine may be busy.
again = { [ $$? -eq 1 ] && echo 'once more, by themselves:' && "$(BIN)/python" -m pytest --last-failed --last-failed-no-failures none -m $(1); }

test: lint
	$(build-ui)
	@"$(BIN)/python" -m pytest -n $(JOBS) --dist worksteal -m 'not faults and not hazards and not bench' \
		|| $(call again,'not faults and not hazards and not bench')
	@if grep -rqE 'mark\.(faults|hazards)' tests --include='*.py'; \
		then "$(BIN)/python" -m pytest -m '(faults or hazards) and not bench' || $(call again,'(faults or hazards) and not bench'); fi

bench: install-dev
	@"$(BIN)/python" -m benchmarks $(BENCH)

# --- keeping -------------------------------------------------------------------------------------------------------

docs: install-dev
	@"$(BIN)/python" docs/generate.py

LOCK_VENV := .venv-lock
UV := $(LOCK_VENV)/bin/uv

$(UV): | $(BIN)/python
	@"$(BIN)/python" -m venv "$(LOCK_VENV)"
	@"$(LOCK_VENV)/bin/pip" install --quiet 'uv>=0.5'

# dev.txt first: the two smaller files take their versions from it.
LOCK := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.10 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --system-certs
lock: $(UV)
	@$(LOCK) --group dev --output-file requirements/dev.txt
	@$(LOCK) --group build --group test --constraints requirements/dev.txt --output-file requirements/unit.txt
	@$(LOCK) --group build --constraints requirements/dev.txt --output-file requirements/run.txt
	@$(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --system-certs --group pyproject.toml:node --output-file requirements/node.txt
	@if grep -nE '(https?|file)://|index-url|find-links' requirements/*.txt; \
		then echo 'A pinned file must not name where packages come from.' >&2; exit 1; fi

clean:
	rm -rf "$(VENV)" .venv-* .run build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
