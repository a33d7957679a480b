# Every target sets up .venv first if it is missing or out of date. Only Python >= 3.11 is needed.
#   make demo         check, fix, pack, score and place a file of the built-in sample, offline (core install)
#   make test         run the test suite; with the real data if there is a folder ../shared
#   make test-floors  run it with the oldest versions of the dependencies that pyproject.toml allows, in .venv-floors
#   make lint         ruff, ruff format and mypy
#   make bench        speed and memory, as ratios to named alternatives
#   make zoo-results  train the English systems on the real data (hours) and write their table in docs/results.md
#   make docs         update the output shown in README.md and docs/ (all of it only with the real data)
#   make docs-site    build the documentation site into site/, and check every link
#   make docs-picture render the picture of the report page for the README (needs chromium and the real data)
#   make docs-latex   compile the LaTeX output of the commands and check the log (needs pdflatex)
#   make web          build the page that checks a file in the browser into build/web/ (needs npm)
#   make release-check build sdist and wheel, install them for each supported Python, and walk through the commands
#   make lock         rewrite constraints.txt from .venv
#   make clean        remove .venv and everything built

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
FLOORS := .venv-floors
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq -c constraints.txt
TORCH := $(shell grep '^torch==' constraints.txt)
# Processes that run the tests; each imports torch. The tests of a file share what they train, so they share a process.
WORKERS ?= 2
PARALLEL := -n $(WORKERS) --dist loadfile
# Dependency groups need pip 25.1 or newer; Python 3.11's venv brings 23.2.
NEW_PIP := pip==25.3

# The name of a stamp is a checksum of the dependencies and the path of the checkout: if one of them changes, or the
# interpreter is gone, the environment is created again.
KEY := $(shell { cat pyproject.toml constraints.txt; pwd; } | cksum | cut -d' ' -f1)
CORE := $(VENV)/.core-$(KEY)
FULL := $(VENV)/.full-$(KEY)
DOCS := $(VENV)/.docs-$(KEY)
BUILD := $(VENV)/.build-$(KEY)
RELEASE := $(VENV)/.release-$(KEY)
ifeq ($(shell $(BIN)/python -c 'print("ok")' 2>/dev/null),)
.PHONY: $(CORE) $(FULL) $(DOCS) $(BUILD) $(RELEASE)
endif

# The real data, if there is a folder ../shared. Without it the test suite lists what it skipped.
ifneq ($(wildcard ../shared/data),)
export SEMEVAL_EMO_DATA ?= $(abspath ../shared/data)
export SEMEVAL_EMO_SHARED ?= $(abspath ../shared)
endif

.PHONY: demo test test-floors bench zoo-results lint docs docs-site docs-picture docs-latex web release-check lock clean
demo: $(CORE)
	@$(BIN)/python -m semeval_emo demo
	@echo; echo "To run these commands yourself: . $(BIN)/activate"

test: $(FULL)
	$(BIN)/python -m pytest $(PARALLEL)

test-floors: $(FLOORS)/.floors-$(KEY)
	$(FLOORS)/bin/python -m pytest $(PARALLEL)

bench: $(FULL)
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

zoo-results: $(FULL)
	@$(PIP) -e ".[zoo,weights,mpnet]"
	$(BIN)/python benchmarks/zoo_results.py

lint: $(FULL)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(CORE)
	$(BIN)/python docs/refresh.py
	$(BIN)/python docs/notebook.py
	@test -z "$$SEMEVAL_EMO_DATA" || $(BIN)/python benchmarks/zoo_results.py --table > /dev/null

docs-site: $(DOCS)
	@$(BIN)/python docs/build_site.py

docs-picture: $(FULL)
	@$(BIN)/python docs/picture.py

docs-latex: $(CORE)
	@$(BIN)/python docs/latex.py

web: $(BUILD)
	@$(BIN)/python web/build.py

release-check: $(RELEASE)
	@$(BIN)/python release/check.py

lock: $(FULL) $(DOCS) $(RELEASE)
	{ sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//'; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) $(FLOORS) build dist site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(CORE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: semeval-emo needs Python 3.11 or newer, and '$(PYTHON)' is older or missing."; \
	  echo "  fix: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 3; }
	@echo "setting up $(VENV) (core, about half a minute the first time) ..." >&2
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) $(NEW_PIP)
	@$(PIP) -e .
	@rm -f $(VENV)/.core-* $(VENV)/.full-* $(VENV)/.docs-* $(VENV)/.build-* $(VENV)/.release-*
	@touch $@

# torch is installed first and alone, so that pip takes a local CPU build if there is one.
$(FULL): $(CORE)
	@echo "setting up $(VENV) (tests and zoo, some minutes the first time) ..." >&2
	@$(PIP) $(TORCH)
	@$(PIP) -e ".[zoo,plots]" --group dev
	@touch $@

$(DOCS): $(CORE)
	@echo "setting up $(VENV) (documentation tools) ..." >&2
	@$(PIP) --group docs
	@touch $@

$(BUILD): $(CORE)
	@$(PIP) --group build
	@touch $@

$(RELEASE): $(BUILD)
	@$(PIP) --group release
	@touch $@

# "numpy>=2.0" in pyproject.toml becomes the constraint numpy==2.0; torch is the version of constraints.txt.
$(FLOORS)/.floors-$(KEY):
	@echo "setting up $(FLOORS) (some minutes) ..." >&2
	@$(PYTHON) -m venv --clear $(FLOORS)
	@sed '1,/^dependencies/d; /^dev = /,$$d' pyproject.toml | grep -oE '"[A-Za-z0-9-]+>=[0-9.]+' | grep -v torch | \
	  sed 's/"//; s/>=/==/' > $(FLOORS)/constraints.txt; echo "$(TORCH)" >> $(FLOORS)/constraints.txt
	@$(FLOORS)/bin/python -m pip install -qq $(NEW_PIP)
	@$(FLOORS)/bin/python -m pip install -qq $(TORCH)
	@$(FLOORS)/bin/python -m pip install -qq -c $(FLOORS)/constraints.txt -e ".[zoo,plots]" --group test
	@touch $@
