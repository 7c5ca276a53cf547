# Two commands do all the set-up from a fresh clone: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLUSTER := build/cluster

CHROMIUM ?= /usr/bin/chromium

.PHONY: demo serve test browser cluster networks docs bench verify fuzz clean

# The main job on a real case: a densely calcified lesion of the foramen magnum.
demo: $(VENV)/installed
	$(BIN)/bayesdx query examples/foramen-magnum-capnon.yaml

# The page in the browser, and the service under /v1.
serve: $(VENV)/served
	$(BIN)/bayesdx serve

# Lint, types, and tests; one of them says whether the networks are up to date.
test: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2

# The page in a real browser: Chromium of the distribution.
browser: $(VENV)/browsed
	@test -x $(CHROMIUM) || { echo "make browser needs Chromium at $(CHROMIUM): apt-get install chromium, or CHROMIUM=…"; exit 2; }
	CHROMIUM=$(CHROMIUM) $(BIN)/python -m pytest tests/browser

# Cohorts on Spark and Dask, each a cluster of two worker processes on this machine, and in a store (S3). An environment of its own: Spark
# needs an older pandas.
cluster: $(CLUSTER)/clustered
	@command -v java >/dev/null || { echo "make cluster needs Java 17 or newer: apt-get install default-jre-headless"; exit 2; }
	$(CLUSTER)/bin/python -m pytest tests/cluster

# Build networks/*.json again after a change in networks/*.yaml or priors/.
networks: $(VENV)/installed
	$(BIN)/python scripts/build_networks.py

# The documentation as a site, into build/site.
docs: $(VENV)/documented
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(VENV)/developed
	$(BIN)/python scripts/bench.py

# Work the printed figures out again with independent code: docs/checks.md holds what it prints.
verify: $(VENV)/developed
	$(BIN)/python scripts/verify.py

# Ten minutes of spoilt input for every reader.
fuzz: $(VENV)/developed
	$(BIN)/python scripts/fuzz.py --seconds 600

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/served: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[web]'
	touch $(VENV)/installed $@

$(VENV)/developed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $(VENV)/installed $@

$(VENV)/browsed: $(VENV)/developed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,browser]'
	touch $@

$(CLUSTER)/clustered: pyproject.toml
	$(PYTHON) -m venv $(CLUSTER)
	$(CLUSTER)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[spark,dask]' pytest hypothesis 'moto[server]'
	touch $@

$(VENV)/documented: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	touch $(VENV)/installed $@

clean:
	rm -rf $(VENV) build dist
