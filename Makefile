# The few commands people type. Each sets up what it needs, says what it does, and can be repeated.
# GNU make 3.81 and a POSIX shell are enough, as on macOS.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

DEMO_NODE ?= botwatch-demo
DEMO_PORT_OFFSET ?= 0
export DEMO_NODE DEMO_PORT_OFFSET K3S_ARTIFACTS
# Ansible looks for it in the current directory only, and not there if everyone may write to it.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# Where it is set, each run of Ansible compiles all of Ansible again, which takes longer than most runs.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv/bin
# Not by its mode: archives and other file systems lose the executable bit.
SETUP := sh tools/setup
DEMO := ANSIBLE_VAULT_PASSWORD_FILE=inventory/demo/vault-password.txt $(VENV)/python tools/interruptible 10 \
  $(VENV)/ansible-playbook --inventory inventory/demo

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / { printf "make %-26s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## the whole system on a disposable node, with no account
	@$(SETUP) controller docker
	@$(DEMO) playbooks/demo.yml

.PHONY: demo-down
demo-down: ## remove the node and what belongs to it
	@$(SETUP) controller docker
	@$(DEMO) playbooks/demo_down.yml

.PHONY: drill
drill: ## break things on the demo node and time the message (DRILL=name,name RUNS=n RUNTIME=k3s)
	@$(SETUP) controller docker
	@PYTHONPATH=packages/drill/src $(VENV)/python -m botwatch_drill --host "docker://$$DEMO_NODE" \
	  --control "http://127.0.0.1:$$((8008 + DEMO_PORT_OFFSET))" \
	  $(if $(DRILL),--drill $(DRILL)) $(if $(RUNS),--runs $(RUNS)) $(if $(RUNTIME),--runtime $(RUNTIME)) --json build/drill.json

.PHONY: bench
bench: ## measure the bot beside a bare one (COMMANDS=n before its memory is looked at, ROUNDS=n)
	@$(SETUP) controller dev
	@PYTHONPATH=packages/bench/src $(VENV)/python -m botwatch_bench \
	  $(if $(PART),--part $(PART)) $(if $(COMMANDS),--commands $(COMMANDS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	  --json build/bench.json

.PHONY: dashboards
dashboards: ## write Grafana's dashboards from their code in packages/dashboards/
	@$(SETUP) controller dev
	@PYTHONPATH=packages/dashboards/src:. $(VENV)/python -m botwatch_dashboards

.PHONY: reference
reference: ## write docs/reference from the roles' argument specs
	@$(SETUP) controller
	@$(VENV)/python tools/reference.py

.PHONY: lock
lock: ## write the locks of all Python packages (UPGRADE=1 with newer versions of all, UPGRADE="NAME NAME" of these)
	@$(SETUP) uv
	@bash tools/lock $(patsubst 1,--upgrade,$(UPGRADE))

.PHONY: test
test: ## every test that this machine can run
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py

.PHONY: test-k3s
test-k3s: ## the whole site on Kubernetes from an air-gap directory, its tests and drills (K3S_ARTIFACTS=DIR)
	@[ -f "$$K3S_ARTIFACTS/k3s" ] || { echo "make test-k3s: '$$K3S_ARTIFACTS' holds no k3s: name its air-gap directory, make test-k3s K3S_ARTIFACTS=DIR" >&2; exit 2; }
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py molecule:k3s

.PHONY: soak
soak: ## the long proofs, for hours: 50 redeployments, 50 gateway kills, every fault, random kill points (SEED=n)
	@$(SETUP) controller dev
	@SOAK_SEED=$(or $(SEED),1) $(VENV)/python tests/run.py

.PHONY: lint unit monitoring e2e
lint unit monitoring e2e: ## one part of `make test` on its own
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py $@

.PHONY: molecule
molecule: ## Molecule's scenarios, or one of them (S=name)
	@$(SETUP) controller dev
	@$(VENV)/python tests/run.py $(if $(S),molecule:$(S),molecule)
