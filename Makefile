# Thin lines onto cargo and tests/run. What is built lies in one folder for all commands.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/weft-target

# The binary that `./weft` is. `make demo WEFT=/path/to/weft` serves the demo with one that is built already.
WEFT ?= $(CARGO_TARGET_DIR)/release/weft

.PHONY: api bench build chaos demo fuzz mutants nodes prove soak test

# The pages of the catalog, which the binary holds: built when something that they are made of is newer.
PAGES = catalog-ui/dist/index.html
$(PAGES): $(wildcard platform/docs/errors/*.md) catalog-ui/package-lock.json catalog-ui/index.html catalog-ui/vite.config.ts $(shell find catalog-ui/src -type f)
	cd catalog-ui && npm ci --no-audit --no-fund --silent && npm run --silent build

ifeq ($(origin WEFT),file)
build: $(PAGES)
	cargo build --release --workspace
else
build:
endif
	ln -sfn $(WEFT) weft

demo: build
	@exec ./weft up . --home .weft

test:
	@exec python3 tests/run

# Asks 100,000 generated queries in two worlds that differ in what is hidden, after comparing rosters and simulations of
# 10,000 generated changes of rules with deciding one by one. `make prove QUERIES=n CASES=n SEED=n` for others.
prove:
	cargo build --release --package weft-prove
	@$(CARGO_TARGET_DIR)/release/weft-prove access $(or $(CASES),10000) $(or $(SEED),1)
	@exec $(CARGO_TARGET_DIR)/release/weft-prove $(or $(QUERIES),100000) $(or $(SEED),1)

# Lets processes die while they make 1,000 meshes of each kind, and compares what is left. `make chaos RUNS=n SEED=n` for others.
chaos:
	WEFT_CHAOS_RUNS=$(or $(RUNS),1000) WEFT_CHAOS_SEED=$(or $(SEED),1) \
		cargo test --release --workspace --test chaos -- crashes --nocapture

# Kills and stalls two nodes on one Postgres catalog and one bucket, 200 times. `make nodes KILLS=n SEED=n` for others. After
# `make test`, which installs what it needs.
nodes: build
	KILLS=$(or $(KILLS),200) SEED=$(or $(SEED),1) $(CARGO_TARGET_DIR)/venv/bin/python -m pytest -p no:cacheprovider -q -s \
		tests/interop/test_nodes.py -k die_or_stall

# Puts a mesh under load on a store that fails in all ways, for an hour, and writes what was seen into platform/docs/soak.md.
# `make soak MINUTES=n SEED=n` for others. After `make test`, which installs what it needs.
soak: build
	$(CARGO_TARGET_DIR)/venv/bin/python tests/chaos/soak/soak.py --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) \
		--page platform/docs/soak.md

# Breaks governance in known ways and demands that a test notices. Builds in a folder of its own; takes its time.
mutants:
	@exec python3 tests/mutants/run

# Changes documents at random for so long, and demands that each is read or told, never a panic.
fuzz:
	WEFT_FUZZ_MINUTES=$(or $(MINUTES),10) cargo test --release --workspace --test mutations -- --nocapture

# Holds a server against its own description with requests that Schemathesis makes up, for so long. After `make test`, which
# installs it.
api: build
	@exec $(CARGO_TARGET_DIR)/venv/bin/python tests/interop/api_held.py --minutes $(or $(MINUTES),15)

# Prints what governance, queries and serving cost, beside their goals, and writes platform/docs/performance anew. Parts are
# measured by name: `weft-bench queries`, and those that take longer, `writing`, `sessions 10` and `large`. The pages come last, in
# Chromium: `npm run bench` in tests/browser.
bench: build
	cargo build --release --workspace
	@$(CARGO_TARGET_DIR)/release/weft-bench
	@cd tests/browser && npm ci --no-audit --no-fund --silent && npm run --silent bench
