# Each target sets up .venv by itself when it is missing or the lock file changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

PYTEST := $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: docs demo test test-fast test-all check bench lock release

demo: $(READY)
	$(BIN)/pressclip demo

# All but what takes long; test-fast leaves out what starts crawls, builds and processes, test-all leaves out nothing.
test: $(READY)
	$(PYTEST) -m "not long"

test-fast: $(READY)
	$(PYTEST) -m "not long and not slow"

test-all: $(READY)
	$(PYTEST)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pressclip rules check

bench: $(READY)
	$(BIN)/python -m benchmarks

# The documentation as a site, in build/site: a dead link ends it (not with --quiet, which hides warnings from --strict too).
# Nothing is fetched.
docs: $(READY) .venv-docs/.ready
	$(BIN)/python .ci/site.py build/site-sources
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

.venv-docs/.ready: requirements-docs.lock
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --disable-pip-version-check --requirement requirements-docs.lock
	touch $@

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

# Builds what is published into dist/, checks it, and tries it in an empty environment; needs a package index.
release: $(READY)
	.ci/release

# Writes the lock file anew from pyproject.toml: the versions that a resolver picks today, in a clean environment.
lock:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	.venv-lock/bin/pip-compile --quiet --extra dev --extra datasets --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml
	rm -rf .venv-lock
