.DEFAULT_GOAL := help
.PHONY: setup run test lint bench prove texts lock help
.NOTPARALLEL:

# The same behaviour whatever the caller's language, and useradd in reach of a root shell without /usr/sbin.
export LC_ALL := C.UTF-8
export PATH := $(PATH):/usr/sbin:/sbin

BIN := .venv/bin
LOCALE := registry/locale
UV := $(BIN)/uv

setup: ## install what is missing and create .venv
	@.ci/setup run

run: setup ## serve on http://127.0.0.1:8000 (PORT=9000 make run) with demo data in an empty database
	@exec $(BIN)/registry serve --demo --port "$${PORT:-8000}"

test: ## run the whole test suite on the machine's processors (PYTEST_ADDOPTS="-k payments" for a part)
	@.ci/setup test
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

lint: ## check style, types and the direction of imports
	@.ci/setup dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## measure speed and memory against floors of the same run
	@.ci/setup dev
	$(BIN)/python -m benchmarks

prove: ## run the long proofs at full size
	@.ci/setup test
	PROVE=full $(BIN)/python -m pytest -m prove

texts: ## gather the texts of code and templates into the Swedish, Finnish and English catalogues
	@.ci/setup dev
	$(BIN)/pybabel --quiet extract --mapping-file=pyproject.toml --keywords="_ N_ ngettext:1,2" --sort-output \
		--no-location --no-wrap --project=registry --output-file=$(LOCALE)/messages.pot registry templates
	for language in sv fi en; do \
		$(BIN)/pybabel --quiet update --init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
			--no-wrap --locale=$$language --input-file=$(LOCALE)/messages.pot \
			--output-file=$(LOCALE)/$$language.po || exit; \
	done
	rm $(LOCALE)/messages.pot
	$(BIN)/python -c "$$FILL_ENGLISH" $(LOCALE)/en.po

lock: ## choose newer versions of the dependencies: requirements.lock and requirements-dev.lock
	@.ci/setup dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	for name in requirements requirements-dev; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --upgrade --universal --generate-hashes \
			--no-emit-index-url --no-emit-find-links --python-version 3.11 --output-file $$name.lock $$name.in || exit; \
	done

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target what; do \
		printf '%-12s %s\n' "$$target" "$$what"; done

# The English catalogue says what the code says.
define FILL_ENGLISH
import sys
from babel.messages.pofile import read_po, write_po

with open(sys.argv[1], "rb") as file:
    catalogue = read_po(file, locale="en")
for message in catalogue:
    if message.id:
        message.string = message.id
with open(sys.argv[1], "wb") as file:
    write_po(file, catalogue, width=0, ignore_obsolete=True)
endef
export FILL_ENGLISH
