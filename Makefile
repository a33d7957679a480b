# One target, one job. Each sets up .venv first when it is missing, stale or broken; nothing but Python >= 3.11 is needed.
#   make demo    the whole story on the built-in sample, offline (core install only)
#   make test    lint is apart; the whole suite, on real data where ../shared is beside the checkout
#   make bench   speed and memory, as ratios against named peers
#   make zoo-results   trains the English systems on real data (hours) and writes their table in docs/results.md
#   make lint    ruff, ruff format and mypy
#   make docs    rewrites the shown output in README.md and docs/ with what the commands print now
#   make docs-site  builds the documentation site into site/, with every link checked
#   make docs-picture  renders the picture of the report page for the README (needs chromium and the real data)
#   make docs-latex  compiles the LaTeX that the commands print, and reads the log (needs pdflatex)
#   make lock    rewrites constraints.txt from .venv
#   make clean   removes .venv and everything built

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq -c constraints.txt
TORCH := $(shell grep '^torch==' constraints.txt)
DEV := .[zoo,plots,dev]

# A stamp is named after what the environment was made from (dependencies and the checkout's place), so a change,
# a moved checkout or an interpreter that went away makes it anew.
KEY := $(shell { cat pyproject.toml constraints.txt; pwd; } | cksum | cut -d' ' -f1)
CORE := $(VENV)/.core-$(KEY)
FULL := $(VENV)/.full-$(KEY)
DOCS := $(VENV)/.docs-$(KEY)
ifeq ($(shell $(BIN)/python -c 'print("ok")' 2>/dev/null),)
.PHONY: $(CORE) $(FULL) $(DOCS)
endif

# Real data and the facts beside them, where the checkout has a neighbour called shared; the suite says what it left out.
ifneq ($(wildcard ../shared/data),)
export SEMEVAL_EMO_DATA ?= $(abspath ../shared/data)
export SEMEVAL_EMO_SHARED ?= $(abspath ../shared)
endif

.PHONY: demo test bench zoo-results lint docs docs-site docs-picture docs-latex lock clean
demo: $(CORE)
	@$(BIN)/python -m semeval_emo demo
	@echo; echo "To type these yourself: . $(BIN)/activate"

test: $(FULL)
	$(BIN)/python -m pytest

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

docs-site: $(DOCS)
	@$(BIN)/python docs/build_site.py

docs-picture: $(FULL)
	@$(BIN)/python docs/picture.py

docs-latex: $(CORE)
	@$(BIN)/python docs/latex.py

lock: $(FULL) $(DOCS)
	{ sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//'; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) build dist site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(CORE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: semeval-emo needs Python 3.11 or newer, and '$(PYTHON)' is older or missing."; \
	  echo "  fix: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 3; }
	@echo "setting up $(VENV) (core, about half a minute the first time) ..." >&2
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) -e .
	@rm -f $(VENV)/.core-* $(VENV)/.full-* $(VENV)/.docs-*
	@touch $@

# torch first and alone, so that pip takes a CPU build that is at hand before it looks at anything else's wishes.
$(FULL): $(CORE)
	@echo "setting up $(VENV) (tests and zoo, some minutes the first time) ..." >&2
	@$(PIP) $(TORCH)
	@$(PIP) -e "$(DEV)"
	@touch $@

# Dependency groups need pip 25.1, which is newer than the pip of Python 3.11's venv.
$(DOCS): $(CORE)
	@echo "setting up $(VENV) (documentation tools) ..." >&2
	@$(PIP) "pip>=25.1"
	@$(PIP) --group docs
	@touch $@
