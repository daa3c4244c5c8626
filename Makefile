# Everything that works on a fresh clone. `make` alone lists it.

MARK := $(shell pwd -P | cksum | cut -d ' ' -f 1)
RUNTIME := .venv/.podium-runtime-$(MARK)
DEVELOPMENT := .venv/.podium-development-$(MARK)
PYTEST := .venv/bin/python -m pytest -n logical -rs
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)
AGENTS := $(or $(PODIUM_TEST_AGENTS),$(CACHE)/podium/test-agents)

.PHONY: help demo test test-fast test-agents check bench

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: $(RUNTIME) ## the whole story in two minutes; arguments in ARGS, for example ARGS="--yes --json"
	@.venv/bin/podium demo $(ARGS)

test: check ## all checks and all tests; real agents too, which are installed once (2 GB) into ~/.cache/podium
	@PODIUM_TEST_AGENTS="$(AGENTS)" scripts/agents || [ -z "$$CI" ]
	@TEST_AGENTS="$(AGENTS)" $(PYTEST) -m 'not more_agents' $(ARGS)

test-fast: $(DEVELOPMENT) ## the quick tests only
	@$(PYTEST) -m 'not slow' $(ARGS)

test-agents: $(DEVELOPMENT) ## everything that is tested with real agents, against a scripted model
	@PODIUM_TEST_AGENTS="$(AGENTS)" scripts/agents claude codex gemini opencode mini qwen copilot claude-acp codex-acp || [ -z "$$CI" ]
	@TEST_AGENTS="$(AGENTS)" $(PYTEST) -m agents $(ARGS)

check: $(DEVELOPMENT) ## style, types and the direction of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/basedpyright --level error
	@.venv/bin/lint-imports --no-logo --cache-dir .cache/import-linter

bench: $(DEVELOPMENT) ## all benchmarks; arguments in ARGS, for example ARGS=--json
	@for each in benchmarks/*.py; do echo "== $$each" >&2; .venv/bin/python "$$each" $(ARGS) || exit 1; done

$(RUNTIME): pyproject.toml uv.lock scripts/set-up
	@scripts/set-up runtime

$(DEVELOPMENT): pyproject.toml uv.lock scripts/set-up
	@scripts/set-up development
