# make setup   an environment with everything, made once for each version of Python
# make demo    the main job on sample_certs/, step by step
# make test    the test suite            make check   linters, types, import contracts
# make test-short  a part of it, minutes: what the tool does by itself, on any Python and for any user
# make bench   the benchmarks            make torture kills, crowds and hostile input for MINUTES (20)
# make debian  a folder of newer programs that tests ask, which the tests make as well (root, debootstrap)
# make tests-ansible  releases of Ansible in environments of their own, which the tests make as well
# make matrix  what the commands about PostgreSQL foretell, beside real clients; long
# make zipapp  the tool in one file, dist/truststore-tool.pyz, which a Python by itself runs
# make ansible the Ansible collection, dist/truststore-tool-VERSION.tar.gz, which ansible-galaxy installs
# make clean   remove what these made
# Another Python: make test PYTHON=python3.13

PYTHON ?= python3
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV := .venv-$(VERSION)
TOOL := $(VENV)/.tool
READY := $(VENV)/.ready
LEGACY := $(VENV)/.legacy
BIN := $(abspath $(VENV)/bin)

.PHONY: setup demo test test-short check debian tests-ansible bench torture zipapp ansible clean
.DEFAULT_GOAL := setup

setup: $(LEGACY)
	@echo "ready: . $(VENV)/bin/activate"

# The stamp is older than pyproject.toml after a change of it: then everything is installed anew.
# The demonstration needs the tool alone, which takes seconds; the tests need a hundred packages.
$(TOOL): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "make: Python 3.11 or later is needed: apt-get install python3-venv, or name one with PYTHON=python3.x" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "make: this Python makes no virtual environments: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(READY): $(TOOL)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,postgres]'
	@touch $@

# pyjks, which reads BKS and UBER keystores, compiles a C extension. Where nothing can, its tests say that they were not
# run, and the others are; the proof on a clean machine wants it.
$(LEGACY): $(READY)
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[legacy]' 2>$(VENV)/legacy.log; then \
	  touch $@; \
	else \
	  echo "make: BKS and UBER keystores are not tested, as their C extension cannot be compiled here:" >&2; \
	  echo "make: apt-get install gcc python3-dev, then run make test again" >&2; test "$$CI" != true; \
	fi

demo: $(TOOL)
	@PATH="$(BIN):$$PATH" bash sample_certs/demo.sh

test: $(LEGACY)
	$(BIN)/python -m pytest -n 2 $(ARGS)

# What needs nothing but Python, or compares where there is something to compare with.
SHORT := tests/operations tests/files tests/formats \
  $(patsubst %,tests/test_%.py,asn1 debian findings fingerprints library model names nouns package passwords \
    sample_certs sources stores) \
  $(patsubst %,tests/cli/test_%.py,attacks capath changing contained import meant options private prompts reading \
    secrets streams terminal unwritable)
test-short: ARGS := $(SHORT)
test-short: test

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

debian: $(READY)
	$(BIN)/python -m tests.debian

tests-ansible: $(READY)
	$(BIN)/python -m tests.ansible.environment

bench: $(LEGACY)
	$(BIN)/python -m tests.bench

MINUTES ?= 20
torture: $(LEGACY)
	nice -n 19 $(BIN)/python -m tests.torture --minutes $(MINUTES)

# What is compiled stays out, as it would run with one Python on one kind of machine only: what needs cryptography (PKCS#12
# and keys; not JKS, PEM or the shims for them) takes it from the Python that runs the file, or says what to install.
# The compiled modules inside are for the Python that made them; any other reads the sources beside them.
COMPILED := cryptography* cffi* _cffi_backend* pycparser*
zipapp: $(TOOL)
	rm -rf build/zipapp
	mkdir -p dist
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --target build/zipapp .
	cd build/zipapp && rm -rf bin $(COMPILED)
	$(BIN)/python -m compileall -q -b --invalidation-mode unchecked-hash build/zipapp
	$(BIN)/python -m zipapp build/zipapp --compress --python '/usr/bin/env python3' \
	  --main truststore_tool.__main__:main --output dist/truststore-tool.pyz

$(VENV)/.ansible: $(TOOL)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[ansible]'
	@touch $@

ansible: $(VENV)/.ansible
	mkdir -p dist
	$(BIN)/ansible-galaxy collection build --force --output-path dist integrations/ansible

MATRICES := $(filter-out test_%,$(basename $(notdir $(wildcard tests/postgres/*_matrix.py))))
matrix: $(READY)
	set -e; for each in $(MATRICES); do nice -n 19 $(BIN)/python -m tests.postgres.$$each; done

clean:
	rm -rf .venv-*/ demo-out torture-findings build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
