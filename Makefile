# Every target sets up what it needs. `make help` lists them.
.DEFAULT_GOAL := help
RUN := .venv/bin
# Each of the many processes that tests and the demo start would compile all it imports again.
unexport PYTHONDONTWRITEBYTECODE
# The SAM CLI brings it; boto3 in a function or at a school does without it.
export BOTO_DISABLE_CRT := true
# Nothing here is about anybody's own AWS accounts; a profile that is named and not there, or an address, would end it.
unexport AWS_PROFILE AWS_DEFAULT_PROFILE AWS_ENDPOINT_URL
# A proxy that uv needs leads away from this machine; AWS and Operoo are on it.
export NO_PROXY := localhost,127.0.0.1,$(NO_PROXY)
export no_proxy := localhost,127.0.0.1,$(no_proxy)

.PHONY: help setup demo demo-once test check bench format relay-wheel requirements schema openapi database-access two-way pictures clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Set up the virtual environment and the SQLite ODBC driver
	@scripts/setup

demo: setup ## Run the whole system on this machine, tell its story, and stay up until Ctrl-C
	@$(RUN)/python -m local.demo

demo-once: setup ## The same, and exit: 0 only if every step came out as expected
	@$(RUN)/python -m local.demo --once

test: setup ## Run all tests
	@scripts/browser
	@$(RUN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q

check: setup ## Lint, types, import contracts, sizes and names, template
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/mypy --platform win32 --cache-dir .mypy_cache/win32 relay shared
	@$(RUN)/lint-imports
	@$(RUN)/python -m pytest -q tests/house/test_sizes.py tests/house/test_synergetic_names.py
	@SAM_CLI_TELEMETRY=0 $(RUN)/sam validate --lint

bench: ## Run the benchmarks and print their table
	@scripts/setup --group bench
	@$(RUN)/python -m benchmarks

format: setup ## Format the code
	@$(RUN)/ruff check --fix --quiet . || true
	@$(RUN)/ruff format .

relay-wheel: setup ## Build the relay's wheel into dist/
	@$$(ls .tools/bin/uv 2>/dev/null || command -v uv) build --wheel --quiet && ls dist/*.whl

requirements: setup ## Export the functions' packages from the lockfile
	@$$(ls .tools/bin/uv 2>/dev/null || command -v uv) export --quiet --only-group functions --no-hashes --no-emit-project --no-annotate --no-header --format requirements-txt -o functions/requirements.txt

schema: setup ## Write the manifests' JSON schema from the code
	@$(RUN)/python -c "import json; from shared.manifests import manifest_schema as schema; print(json.dumps(schema(), indent=2))" > docs/manifest.schema.json

openapi: setup ## Write the console's OpenAPI document from its routes
	@POWERTOOLS_SERVICE_NAME=console $(RUN)/python -m local.openapi > docs/openapi.json

database-access: setup ## Write the database administrator's page from the contract
	@$(RUN)/python -c "from local.handbook.database_access import database_access; print(database_access(), end='')" > docs/database-access.md

two-way: setup ## Write the tables of the pages on two-way mode from the code
	@$(RUN)/python -m local.handbook.pages

pictures: setup ## Take the documentation's pictures of the console anew
	@scripts/browser
	@$(RUN)/python -m local.pictures

clean: ## Remove what was built
	rm -rf .aws-sam .demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
