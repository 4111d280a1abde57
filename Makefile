SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/pierre-mcp/pierre/internal/buildinfo.version=$(VERSION)
DATA    ?=
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZ    ?= 5s

.PHONY: build demo run test check lint bench golden fuzz dist clean

## build: the programs, in bin/
build:
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/mcp-client ./cmd/mcp-client
	CGO_ENABLED=1 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/pierre-mcp-server ./cmd/admin-setup

## demo: the main job from end to end, with the sample athlete or with DATA=folder-or-archive
demo: build
	@go run ./demo --bin bin $(if $(DATA),--data "$(DATA)")

## run: the same set-up, but it stays up and keeps its data in ./data
run: build
	@go run ./demo --bin bin --stay --data-dir data $(if $(DATA),--data "$(DATA)")

## test: everything, after setting up what the tests need
test:
	@scripts/test.sh

## check: the fast loop
check:
	@unformatted=$$(git ls-files -z '*.go' | xargs -0 gofmt -l); test -z "$$unformatted" || { echo "$$unformatted"; exit 1; }
	go vet ./...
	go test ./...

lint:
	go run $(LINT) run ./...

bench: build
	go run ./bench/server
	go run ./bench/bridge
	go run ./bench/import

golden:
	go test ./tools/... -update

fuzz:
	@scripts/fuzz.sh $(FUZZ)

## dist: what a server hands out: builds of mcp-client, bundles, checksums
dist:
	@scripts/dist.sh

clean:
	rm -rf bin dist
