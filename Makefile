# Everything that one does with the house. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
LANGUAGES := $(wildcard locale/*/LC_MESSAGES/django.po)
CHECK_ENV := FLATTR_ENV=production SECRET_KEY=$$(head -c 64 /dev/urandom | base64 -w0) \
	APP_URL=https://flattr.example EMBED_URL=https://embed.flattr.example EMAIL_URL=submission://user:password@mail.flattr.example:587 \
	DEFAULT_FROM_EMAIL=hello@flattr.example PAYMENT_GATEWAY=sandbox

UNUSED := DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused

.DEFAULT_GOAL := help
.PHONY: help install run test check types fix lock messages demo bench hosts clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## Make .venv with the locked dependencies and compile the translations

$(STAMP): requirements/development.txt $(LANGUAGES)
	@echo "· Making $(VENV) …"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "· Installing the locked dependencies …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/development.txt
	@echo "· Compiling the translations …"
	@if [ -n "$(LANGUAGES)" ]; then $(BIN)/pybabel --quiet compile --domain django --directory locale; fi
	@touch $@

run: install ## Serve everything at http://localhost:8000, with a small demo world (STRIPE=fake: by our own Stripe)
	@exec $(BIN)/python manage.py run --end-with-parent $$PPID

test: install ## Run all tests, in parallel and in random order (ARGS="-k ledger" for some)
ifdef ARGS
	@exec $(BIN)/pytest $(ARGS)
else
	@$(BIN)/pytest --cov --cov-report=
	@echo "· Every branch of the split, the ledger and the operations is covered:"
	@$(BIN)/coverage report --fail-under=100 --include='payouts/split.py,payouts/ledger/*,*/operations.py,*/operations/*'
endif

check: install ## Check style, types, import contracts, migrations, settings, translations, compose file
	@echo "· ruff"; $(BIN)/ruff check && $(BIN)/ruff format --check
	@echo "· djade"; git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	@$(MAKE) --no-print-directory types
	@echo "· import contracts"; $(BIN)/lint-imports
	@echo "· migrations"; $(BIN)/python manage.py makemigrations --check --dry-run
	@echo "· production settings"; $(UNUSED) $(CHECK_ENV) \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	@echo "· compose file"; $(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@echo "· translations"; $(BIN)/python -m flattr.development.messages --check

types: install ## Check the types
	@echo "· mypy"; $(UNUSED) FLATTR_ENV=development $(BIN)/mypy

fix: install ## Format the code and mend what the linters can mend
	@$(BIN)/ruff check --fix; $(BIN)/ruff format; git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

lock: install ## Resolve the dependencies anew into requirements/*.txt
	@$(BIN)/uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --output-file requirements/production.txt
	@$(BIN)/uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --group dev --constraints requirements/production.txt --output-file requirements/development.txt

messages: install ## Bring locale/*.po up to date with the texts in the code
	@$(BIN)/python -m flattr.development.messages

demo: install ## Load the demo world
	@$(BIN)/python manage.py demo

bench: install ## Measure clicks, badges, the month's end and pages (ARGS="click --scale small" for some)
	@exec $(BIN)/python -m benchmarks $(ARGS)

hosts: install ## Run Flattr on several hosts in network namespaces, and cut one off (as root)
	@exec $(BIN)/python -m benchmarks.hosts

clean: ## Remove everything that the checkout made for itself
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis 
