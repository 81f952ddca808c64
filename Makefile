# Each target sets up .venv by itself when it is missing or the lock file changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# the modules that are compiled, where that can be done: those with a .pxd beside them, and those in Cython
TYPED := $(wildcard cleaners/*.pxd cleaners/*/*.pxd)
CYTHON := $(wildcard cleaners/*/*.pyx)
BUILT := .venv/.built

ON_ALL_CORES := --numprocesses auto --maxprocesses 4 --dist worksteal
PYTEST := $(BIN)/pytest $(ON_ALL_CORES)

.PHONY: docs demo test test-fast test-all test-pure test-python lowest highest check bench lock release man

demo: $(BUILT)
	$(BIN)/pressclip demo

# All but what takes long; test-fast leaves out what starts crawls, builds and processes, test-all leaves out nothing.
test: $(BUILT)
	$(PYTEST) -m "not long"

test-fast: $(BUILT)
	$(PYTEST) -m "not long and not slow"

test-all: $(BUILT)
	$(PYTEST)

# The cleaners' fast tests without compiled modules; the next `make test` compiles them again.
test-pure: $(READY)
	rm -f $(BUILT) $(TYPED:.pxd=.*.so) $(CYTHON:.pyx=.*.so)
	$(PYTEST) -m "not long and not slow" cleaners tests/cleaners tests/test_pages.py

# The fast tests on another Python: `make test-python PYTHON=python3.13`. The lock file is made on the oldest one; a newer
# one gets the same versions of what it needs.
test-python: OTHER = .venv-$(notdir $(PYTHON))
test-python:
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev,datasets]'
	$(OTHER)/bin/pytest $(ON_ALL_CORES) -m "not long and not slow"

# The suite with the lowest versions that pyproject.toml allows, on the oldest Python, and with the newest there are:
# `make highest PYTHON=python3.13`, and for the fast tests alone MARKS="not long and not slow". Tools of the tests are new.
MARKS ?= not long
EXTRAS := browser datasets fast metrics pack postgres scale sign web
lowest: RESOLUTION = lowest-direct
lowest: ON = 3.11
highest: RESOLUTION = highest
highest: ON = $(PYTHON)
lowest highest: .venv-uv/bin/uv
	$< venv --quiet --seed --clear --python $(ON) .venv-$@
	$< pip compile --quiet --python .venv-$@ --resolution $(RESOLUTION) --no-deps --no-header --no-annotate $(EXTRAS:%=--extra %) --output-file .venv-$@/declared.txt pyproject.toml
	$< pip install --quiet --compile-bytecode --python .venv-$@ --constraint .venv-$@/declared.txt --editable '.[dev,browser,datasets,fast,metrics,pack,postgres,scale,sign,web]'
	.venv-$@/bin/pytest $(ON_ALL_CORES) -m "$(MARKS)"

.venv-uv/bin/uv:
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/pip install --quiet --disable-pip-version-check uv

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pressclip rules check

bench: $(BUILT)
	$(BIN)/python -m benchmarks

# The documentation as a site, in build/site: a dead link ends it (not with --quiet, which hides warnings from --strict too).
# Nothing is fetched.
docs: $(READY) .venv-docs/.ready
	$(BIN)/python .ci/site.py build/site-sources
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

# The manual page, made from --help; the packages that are built afterwards have it.
man: $(READY)
	$(BIN)/python .ci/man.py build/man/pressclip.1

.venv-docs/.ready: requirements-docs.lock
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --disable-pip-version-check --requirement requirements-docs.lock
	touch $@

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	PRESSCLIP_PURE=1 $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

$(BUILT): $(READY) $(TYPED) $(TYPED:.pxd=.py) $(CYTHON)
	$(BIN)/python .ci/build_hook.py
	touch $(BUILT)

# Builds what is published into dist/, checks it, and tries it in an empty environment; needs a package index.
release: $(READY) man
	.ci/release

# Writes the lock file anew from pyproject.toml: the versions that a resolver picks today, in a clean environment.
lock:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	.venv-lock/bin/pip-compile --quiet --extra dev --extra datasets --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml
	rm -rf .venv-lock
