# The six commands of the project. Each calls `setup`, which costs nothing when nothing changed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Container images often forbid to keep what was compiled; then every start would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo serve test check bench test-long test-frameworks test-slow campaign lock docs help

help:
	@echo "make demo   the whole thing on this machine, no account needed"
	@echo "make test   set up and pass all tests; make test-long those that take seconds each"
	@echo "make check  format, lint, types, import contracts, docs"
	@echo "make serve  the gateway on a real workspace (docs/how-to/deploy.md)"
	@echo "make bench  measured ratios (docs/reference/benchmarks.md)"
	@echo "make setup  only prepare $(VENV)"

setup: $(INSTALLED)

# uv is twenty times faster than pip; where it cannot be had, pip installs the same hashes.
$(INSTALLED): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (a minute at most) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check uv==$(UV_VERSION) \
		&& UV_LINK_MODE=copy $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock \
		&& $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . \
		|| { echo "uv cannot be used here; installing with pip (slower) …"; \
		     $(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check --require-hashes -r requirements.lock \
		     && $(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; }
	@touch $(INSTALLED)

demo: setup
	@$(BIN)/sayso demo $(ARGS)

serve: setup
	@$(BIN)/sayso serve $(ARGS)

# What the project says and how it is laid out is looked at by `make check`. Four at once fill two
# cores: a third of what a test takes it waits, for a browser or for another process.
test: setup
	@$(BIN)/pytest -n 4 --dist loadgroup --ignore tests/docs --ignore tests/architecture $(ARGS)

# What takes seconds each, mostly processes that are started and killed, and Hypothesis in earnest.
test-long: setup
	@$(BIN)/pytest -n 2 --dist loadgroup -m "(long or hypothesis) and not slow" --hypothesis-profile thorough $(ARGS)

# Frameworks whose pins clash with ours, each in an environment of its own lock (ADR-0038).
test-frameworks: setup
	@$(BIN)/pytest -m long tests/frameworks $(ARGS)

test-slow: setup
	@$(BIN)/pytest -m slow --hypothesis-profile random --timeout 1800 $(ARGS)

# Kills gateways amid agent tasks, a hundred in `make test-long`; here `make campaign CYCLES=1000`.
campaign: setup
	@CYCLES=$(or $(CYCLES),1000) $(BIN)/pytest -m long -s --timeout 0 tests/process/test_task_campaign.py $(ARGS)

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/docs tests/architecture

bench: setup
	@$(BIN)/python -m benchmarks $(ARGS)

# Writes the generated pages of docs/reference anew.
docs: setup
	@$(BIN)/python -m docs_pages

lock: setup
	@$(BIN)/uv pip compile -q pyproject.toml --extra server --extra postgres --group dev --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements.lock
	@for each in $(filter-out %/beside.in,$(wildcard tests/frameworks/*.in)); do $(BIN)/uv pip compile -q $$each --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --python-version 3.11 -o $${each%.in}.lock || exit 1; done
