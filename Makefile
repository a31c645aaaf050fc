# Everything that a person or CI runs. `make test` needs only Go, a C compiler,
# git and make: test/setup installs the rest when it is missing.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build run demo test test-fast test-setup truth bench fuzz lint clean

build: ## bin/farol
	$(GO) build -o bin/farol ./cmd/farol

run: build ## a server over ./farol-data
	bin/farol serve

demo: build ## the demo company, live
	bin/farol demo

test: test-setup lint ## everything, on all four engines and in a browser
	$(GO) test -timeout 60m ./...

test-fast: ## what needs nothing installed: the embedded engines
	$(GO) test -short -timeout 10m $$($(GO) list ./... | grep -v -e /test/clients -e /test/browser -e /test/clickhouse)

test-setup: ## what the tests need and this machine lacks
	test/setup

SEEDS ?= 80
truth: ## how often the intervals hold what was planted, over SEEDS companies; writes docs/truth.md
	FAROL_TRUTH_SEEDS=$(SEEDS) $(GO) test ./test/truth -run 'TestCoverage|TestMetrics/identities' -count 1 -timeout 3h -v

bench: ## ratios against plain alternatives; asserts nothing
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./stats ./facts ./metric ./ingest ./test/bench

FUZZTIME ?= 20s
fuzz: ## every fuzz target for FUZZTIME each
	test/fuzz $(FUZZTIME)

lint: ## gofmt, vet, staticcheck (exclusions with reasons: staticcheck.conf)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt on these"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

clean:
	rm -rf bin
