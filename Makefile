# The commands of people and of CI: `make help` lists them.
# Python 3.11+ is all that must be there. Everything else goes into .venv, pinned by hash in the lock files.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILDER := .cache/builder
UV := $(BUILDER)/bin/uv
SERVICES := $(patsubst services/%/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
# What runs, and what the tests need beside it.
MEMBERS := shared/contracts shared/platform shared/demo $(SERVICES:%=services/%)
DEVELOPMENT := $(MEMBERS) shared/testing
PROJECTS := pyproject.toml $(DEVELOPMENT:%=%/pyproject.toml)
SOURCES := $(DEVELOPMENT:%=%/src)
# The page of the dashboard, and all that it is made of.
PAGE := services/dashboard/src/clearway_dashboard/built/index.html
WEB := $(shell find services/dashboard/web -name node_modules -prune -o -type f ! -name schema.d.ts -print 2>/dev/null)
MANIFESTS := $(filter-out %/kustomization.yaml,$(wildcard deploy/k8s/base/*.yaml))

# The development environment holds all that running needs: where there is one, `up` keeps it.
ENVIRONMENT := $(if $(wildcard $(VENV)/.development),$(VENV)/.development,$(VENV)/.runtime)

.PHONY: help
help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: $(ENVIRONMENT) ## Start everything in one process on this machine. DEMO=1 adds a synthetic theatre that moves.
	@mkdir -p .cache; $(MAKE) --silent --question $(PAGE) || $(MAKE) --silent page >.cache/page.log 2>&1 \
		|| echo "The page is not built: .cache/page.log says why. The API works without it." >&2 &
	@$(BIN)/clearway up $(if $(DEMO),--demo) $(ARGS)

.PHONY: install
install: $(ENVIRONMENT) page ## Make the environment that runs Clearway, and the page, and start nothing.

# One at a time: the second finds that it is built.
.PHONY: page
page: ## Build the page of the dashboard, if its sources have changed. Node comes from the machine, else from PyPI.
	@mkdir -p .cache && $(PYTHON) -c "$$ALONE" .cache/page.lock $(MAKE) --silent $(PAGE)

.PHONY: check
check: $(VENV)/.development ## Lint, types, import contracts, dependencies, generated files, manifests, links. Fails on drift.
	$(BIN)/python -m clearway_testing.workspace
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(SOURCES) tests benchmarks deploy
	$(BIN)/lint-imports
	@set -e; for member in $(DEVELOPMENT); do echo deptry $$member; \
		$(BIN)/deptry $$member/src --config $$member/pyproject.toml; done
	$(BIN)/python -m clearway_contracts.generate --check
	$(BIN)/python -m deploy --check
	$(BIN)/python -m deploy.images --check
	$(BIN)/python -m clearway_platform.cli.roles --check
	$(BIN)/clearway openapi --check
	$(BIN)/python -m clearway_testing.openapi_lint
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/pre-commit validate-config .pre-commit-config.yaml
	$(BIN)/python -m clearway_testing.site
	PYTHON=$(PYTHON) services/dashboard/npm run check
	$(BIN)/kubernetes-validate --strict --quiet $(MANIFESTS)

.PHONY: audit
audit: $(VENV)/.development .cache/audit/.complete ## Lint images and manifests (hadolint, checkov), and ask for known vulnerabilities of dependencies.
	@PYTHON=$(PYTHON) $(BIN)/python -m clearway_testing.audit

.PHONY: images
images: $(VENV)/.development ## Ask the registries which digest each published image has now, and write it where the image is named.
	@$(BIN)/python -m deploy.images

PYTEST = $(BIN)/$(if $(COVERAGE),coverage run,python) -m pytest

.PHONY: test
test: $(VENV)/.development ## Every test, on real Kafka and PostgreSQL where they can start. ARGS="-k retract" narrows; COVERAGE=1 measures.
	@$(MAKE) --silent page || { echo "The page is not built: the tests that open it are skipped." >&2; test -z "$$CI"; }
	$(PYTEST) $(ARGS)

.PHONY: e2e
e2e: $(VENV)/.development ## Only the story through all services, on both engines.
	$(PYTEST) tests/e2e $(ARGS)

.PHONY: coverage
coverage: $(VENV)/.development ## Lines and branches that tests run with COVERAGE=1 have reached. Fails below the gate.
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

.PHONY: docs
docs: $(VENV)/.development ## Check the links of all pages, and build the documentation site in .cache/site/html.
	$(BIN)/python -m clearway_testing.site

.PHONY: pictures
pictures: $(VENV)/.development page ## Take a picture of every page, to be looked at, in .cache/screenshots/pages. ARGS=--docs takes those of docs/pictures.
	$(BIN)/python -m tests.dashboard.pictures $(ARGS)

.PHONY: bench
bench: $(VENV)/.development ## Measure against the floors of the same run, and print both.
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-map
bench-map: $(VENV)/.development page ## Measure the map with 100,000 incidents beside the empty map: server, browser, reports meanwhile.
	$(BIN)/python -m benchmarks.map $(ARGS)

.PHONY: bench-restart
bench-restart: $(VENV)/.development ## Measure the first receipt after a kill -9 beside the start of the process.
	$(BIN)/python -m benchmarks.restart $(ARGS)

.PHONY: bench-receivers
bench-receivers: $(VENV)/.development ## Measure good receivers beside bad ones, and alone.
	$(BIN)/python -m benchmarks.receivers $(ARGS)

.PHONY: bench-replicas
bench-replicas: $(VENV)/.development ## Kill two replicas of alerts in turn on Kafka and PostgreSQL, and print how long warnings pause.
	$(BIN)/python -m benchmarks.replicas $(ARGS)

.PHONY: bench-duplicates
bench-duplicates: $(VENV)/.development ## Measure which duplicates are found and missed: ARGS=FILE, of the Aid Worker Security Database.
	$(BIN)/python -m benchmarks.duplicates $(ARGS)

.PHONY: bench-guard
bench-guard: $(VENV)/.development ## Measure which made-up phrases the content guard holds falsely, and which it misses.
	$(BIN)/python -m benchmarks.content_guard $(ARGS)

.PHONY: bench-consumers
bench-consumers: $(VENV)/.development ## Measure alerts, analytics and the relay alone, in a backlog and one by one, beside the bare driver.
	$(BIN)/python -m benchmarks.consumers $(ARGS)

.PHONY: bench-hostile
bench-hostile: $(VENV)/.development ## Measure one mission while another sends its worst: 100,000 incidents, rare filters, largest bodies.
	$(BIN)/python -m benchmarks.hostile $(ARGS)

.PHONY: bench-bulk
bench-bulk: $(VENV)/.development ## Measure a bulk import and what follows it beside the bare driver that writes the same rows.
	$(BIN)/python -m benchmarks.bulk $(ARGS)

.PHONY: engine
engine: $(VENV)/.development ## Make the images that the tests of containers start: minutes the first time, then seconds.
	@$(BIN)/python -m clearway_testing.engine

.PHONY: stack
stack: $(VENV)/.development ## Start a real Kafka and PostgreSQL, and print the settings that use them.
	@$(BIN)/python -m clearway_testing.stack $(ARGS)

.PHONY: format
format: $(VENV)/.development ## Format, and mend what the linter can mend.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: hooks
hooks: $(VENV)/.development ## Run the fast part of `check` before each commit of this clone, from now on.
	$(BIN)/pre-commit install

.PHONY: contracts
contracts: $(VENV)/.development openapi ## Write all that is generated: schemas, event documents, edge routes, OpenAPI.
	$(BIN)/python -m clearway_contracts.generate
	$(BIN)/python -m deploy
	$(BIN)/python -m clearway_platform.cli.roles

.PHONY: openapi
openapi: $(VENV)/.development ## Write services/*/openapi.json, and the document of all services together.
	$(BIN)/clearway openapi

.PHONY: migrate
migrate: $(ENVIRONMENT) ## Bring every database to its newest schema, as the settings name them.
	$(BIN)/clearway migrate $(ARGS)

COMPILE := pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	$(patsubst %,--no-emit-package clearway-%,$(notdir $(DEVELOPMENT))) \
	--custom-compile-command "make lock"

# One lock for the embedded default, one for each service's image, one for what installs and builds, one for the Node that builds the
# page, one for development. What one of them pins, the others pin alike. What audits is no part of them, and has its own.
.PHONY: lock
lock: $(BUILDER)/.complete ## Pin again after a change of dependencies. ARGS=--upgrade takes the newest.
	@$(UV) $(COMPILE) $(ARGS) pyproject.toml -o requirements.lock
	@set -e; for service in $(SERVICES); do \
		$(UV) $(COMPILE) services/$$service/pyproject.toml -c requirements.lock -o services/$$service/requirements.lock; done
	@$(UV) $(COMPILE) $(ARGS) --group build -c requirements.lock -o requirements-build.lock
	@$(UV) $(COMPILE) $(ARGS) --group page -c requirements.lock -o requirements-page.lock
	@$(UV) $(COMPILE) $(ARGS) --group audit -o requirements-audit.lock
	@$(UV) $(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock
	@$(UV) $(COMPILE) $(ARGS) tests/contract/openapi/requirements.in -o tests/contract/openapi/requirements.lock

.PHONY: clean
clean: ## Remove the environment and the caches. Never the data.
	rm -rf $(VENV) $(BUILDER) .cache/node services/dashboard/web/node_modules $(dir $(PAGE)) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find shared services tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

define ALONE
import fcntl, subprocess, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    sys.exit(subprocess.run(sys.argv[2:]).returncode)
endef
export ALONE

$(PAGE): $(WEB) services/dashboard/npm requirements-page.lock shared/contracts/src/clearway_contracts/openapi.json
	@echo "Building the page: a minute or two the first time ..."
	@PYTHON=$(PYTHON) services/dashboard/npm run build
	@touch $@

# The stamps: an environment is made again only when what it is made from has changed.

define CHECK_PYTHON
import sys
try:
    import ensurepip, venv
except ImportError:
    sys.exit(f"Python {sys.version.split()[0]} cannot make environments here. On Debian or Ubuntu: apt install python3-venv")
if sys.version_info < (3, 11):
    sys.exit(f"Clearway needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 ...")
endef
export CHECK_PYTHON

# What installs and builds comes by pip, with the versions and hashes of its lock, into an environment of its own.
$(BUILDER)/.complete: requirements-build.lock
	@$(PYTHON) -c "$$CHECK_PYTHON"
	@rm -rf $(BUILDER)
	@$(PYTHON) -m venv $(BUILDER)
	@$(BUILDER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

# What audits needs a hundred packages, in versions of its own.
.cache/audit/.complete: requirements-audit.lock
	@$(MAKE) --silent $(BUILDER)/.complete
	@rm -rf .cache/audit && $(PYTHON) -m venv --without-pip .cache/audit
	@$(UV) pip sync --quiet --python .cache/audit/bin/python --require-hashes requirements-audit.lock
	@touch $@

# $(call INSTALL,LOCK,MEMBERS): the environment then holds what the lock names, and the members; not what is needed to install them.
# Compiled once here, not at each start: a machine may be set not to keep compiled files, and starts then take seconds.
INSTALL = $(MAKE) --silent $(BUILDER)/.complete \
	&& (test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)) \
	&& $(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $(1) \
	&& $(UV) pip install --quiet --python $(BIN)/python --no-deps --build-constraints requirements-build.lock $(2:%=-e %) \
	&& $(BIN)/python -m compileall -q $(SOURCES) \
	&& rm -f $(VENV)/.runtime $(VENV)/.development

$(VENV)/.runtime: requirements.lock $(PROJECTS)
	@echo "Installing what Clearway needs: 15 seconds the first time, a minute on a busy machine or a slow network ..."
	@$(call INSTALL,requirements.lock,$(MEMBERS))
	@find $(VENV)/lib -type d -name tests -prune -exec rm -rf {} +
	@rm -rf $(BUILDER) && touch $@

$(VENV)/.development: requirements-dev.lock $(PROJECTS)
	@echo "Installing what Clearway's tests need: about a minute the first time ..."
	@$(call INSTALL,requirements-dev.lock,$(DEVELOPMENT)) && touch $@
