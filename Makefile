# The commands for users and developers. Each sets up what it needs, says what it does, and can be repeated.
# GNU make 3.81 and a POSIX shell are enough, as on macOS.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

DEMO_NODE ?= botwatch-demo
DEMO_PORT_OFFSET ?= 0
# The bot that `make demo` deploys instead of the sample one. Its path may be relative to where make was typed (-C).
DEMO_BOT = $(BOT)
DEMO_DIRECTORY := $(or $(PWD),$(CURDIR))
DEMO_VARIABLES = $(if $(filter /% ~%,$(BOT_VARIABLES)),$(BOT_VARIABLES),$(DEMO_DIRECTORY)/$(BOT_VARIABLES))
export DEMO_NODE DEMO_PORT_OFFSET DEMO_BOT DEMO_DIRECTORY K3S_ARTIFACTS
# Ansible looks for it in the current directory only, and not if that directory is world-writable.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# Where it is set, each run of Ansible compiles all of Ansible again, which takes longer than most runs.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv/bin
# With sh, because archives and some file systems lose the executable bit.
SETUP := sh tools/setup
DEMO := ANSIBLE_VAULT_PASSWORD_FILE=inventory/demo/vault-password.txt $(VENV)/python tools/interruptible 10 \
  $(VENV)/ansible-playbook --inventory inventory/demo

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / { printf "make %-26s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## install the whole stack on a disposable node, without any account (BOT=DIR with your own bot, TOKEN_VARIABLE=NAME, BOT_VARIABLES=FILE)
	@$(SETUP) controller docker
	@$(DEMO) $(if $(BOT),--inventory inventory/demo_bot) \
	  $(if $(BOT_VARIABLES),--extra-vars '@$(DEMO_VARIABLES)') \
	  $(if $(TOKEN_VARIABLE),--extra-vars 'discord_bot_token_variable=$(TOKEN_VARIABLE)') playbooks/demo.yml

.PHONY: demo-down
demo-down: ## remove the demo node and everything that belongs to it
	@$(SETUP) controller docker
	@$(DEMO) playbooks/demo_down.yml

.PHONY: drill
drill: ## break things on the demo node and measure the alerting (DRILL=name,name RUNS=n RUNTIME=k3s ASK='!ping' for your own bot)
	@$(SETUP) controller docker
	@PYTHONPATH=packages/drill/src:packages/sandbox/src $(VENV)/python -m botwatch_drill --host "docker://$$DEMO_NODE" \
	  --control "http://127.0.0.1:$$((8008 + DEMO_PORT_OFFSET))" \
	  $(if $(DRILL),--drill $(DRILL)) $(if $(RUNS),--runs $(RUNS)) $(if $(RUNTIME),--runtime $(RUNTIME)) \
	  $(if $(ASK),--ask '$(ASK)') --json build/drill.json

.PHONY: bench
bench: ## compare a bot with the library with a bare one (COMMANDS=n before its memory is measured, ROUNDS=n, PART=name)
	@$(SETUP) controller dev
	@PYTHONPATH=packages/bench/src $(VENV)/python -m botwatch_bench \
	  $(if $(PART),--part $(PART)) $(if $(COMMANDS),--commands $(COMMANDS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	  --json build/bench.json

.PHONY: dashboards
dashboards: ## generate Grafana's dashboards from packages/dashboards
	@$(SETUP) controller dev
	@PYTHONPATH=packages/dashboards/src:. $(VENV)/python -m botwatch_dashboards

.PHONY: reference
reference: ## generate docs/reference from the roles' specs, defaults and checks
	@$(SETUP) controller
	@$(VENV)/python -m tools.reference

.PHONY: lock
lock: ## write the lock files of all Python packages (UPGRADE=1 upgrades all, UPGRADE="NAME NAME" only these)
	@$(SETUP) uv
	@bash tools/lock $(patsubst 1,--upgrade,$(UPGRADE))

.PHONY: test
test: ## run every test that this machine can run
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py

.PHONY: test-k3s
test-k3s: ## test the whole stack on Kubernetes, with its drills, from an air-gap directory (K3S_ARTIFACTS=DIR)
	@[ -f "$$K3S_ARTIFACTS/k3s" ] || { echo "make test-k3s: '$$K3S_ARTIFACTS' contains no k3s: set the air-gap directory, make test-k3s K3S_ARTIFACTS=DIR" >&2; exit 2; }
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py molecule:k3s

.PHONY: soak
soak: ## run the long tests, for hours: 50 redeployments, 50 gateway kills, all faults, random kill points (SEED=n)
	@$(SETUP) controller dev
	@SOAK_SEED=$(or $(SEED),1) $(VENV)/python tests/run.py

.PHONY: lint unit monitoring e2e
lint unit monitoring e2e: ## run one part of `make test`
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py $@

.PHONY: molecule
molecule: ## run all Molecule scenarios, or one of them (S=name)
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py $(if $(S),molecule:$(S),molecule)
