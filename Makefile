.DEFAULT_GOAL := help
LANDFORM := bin/landform
export YES BASE

# APPROVE names protected changes that are agreed to, with spaces between them.
APPROVED := $(foreach address,$(APPROVE),-approve='$(address)')

.PHONY: help plan apply destroy drift bootstrap synth environments state sandbox build test test-long lint check bench clean
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  ENV is one of ops, stage, prod, several with commas between them, or all. Where there is no terminal to ask at, apply and destroy need YES=1.'

plan: dist/cli.js ## ENV=stage: what has to be done, saved as a plan (ENV=affected BASE=origin/main: what a change affects)
	@$(LANDFORM) env plan $(ENV)

apply: dist/cli.js ## ENV=stage: do exactly what the saved plan says
	@$(LANDFORM) env apply $(ENV) $(APPROVED)

destroy: dist/cli.js ## ENV=stage: destroy everything of an environment
	@$(LANDFORM) env destroy $(ENV) $(APPROVED)

drift: dist/cli.js ## ENV=stage: what is different from what was applied; changes nothing
	@$(LANDFORM) env drift $(ENV)

bootstrap: dist/cli.js ## ACCOUNT=dev EMAIL=...: make a new AWS account and its environment (ADOPT=1: that of people, as the first one)
	@$(LANDFORM) account create $(ACCOUNT) -email=$(EMAIL) $(if $(ADOPT),-adopt) $(if $(UNIT),-unit=$(UNIT)) $(if $(REPOSITORY),-repository=$(REPOSITORY))

synth: dist/cli.js ## ENV=stage: write the configuration to .landform/synth
	@$(LANDFORM) env synth $(ENV)

environments: dist/cli.js ## list the environments and their accounts
	@$(LANDFORM) env list

state: dist/cli.js ## on AWS: create the store of the states
	@$(LANDFORM) env state

sandbox: dist/cli.js ## serve the sandbox to any AWS client
	@$(LANDFORM) sandbox serve

node_modules/.package-lock.json: package.json package-lock.json
	@node scripts/install.js
	@touch $@

dist/cli.js: node_modules/.package-lock.json scripts/build.js $(shell find src test-providers -name '*.ts' -o -name '*.json' 2>/dev/null)
	@npm run --silent build

build: dist/cli.js ## install and build bin/landform

test: dist/cli.js ## run the tests
	@npx vitest run

test-long: dist/cli.js ## run the tests that take longer, too
	@LANDFORM_LONG=1 npx vitest run

lint: node_modules/.package-lock.json ## layout and lint rules
	@npm run --silent lint

check: node_modules/.package-lock.json ## type check
	@npm run --silent check

bench: dist/cli.js ## measure beside the real Terraform (ONLY=blocks, GATE=1: see bench/README.md)
	@node scripts/bench.js

clean: ## remove what was built
	@rm -rf dist
