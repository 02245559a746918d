.DEFAULT_GOAL := help
NPM := npm --no-fund --no-audit --loglevel=error

.PHONY: help build test lint check clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

node_modules/.package-lock.json: package.json package-lock.json
	@$(NPM) ci
	@touch $@

dist/cli.js: node_modules/.package-lock.json scripts/build.js $(shell find src -name '*.ts')
	@npm run --silent build

build: dist/cli.js ## install and build bin/landform

test: dist/cli.js ## run the tests
	@npx vitest run

lint: node_modules/.package-lock.json ## layout and lint rules
	@npm run --silent lint

check: node_modules/.package-lock.json ## type check
	@npm run --silent check

clean: ## remove what was built
	@rm -rf dist
