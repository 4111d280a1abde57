SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell scripts/version.sh)
LDFLAGS := -s -w -X github.com/pierre-mcp/pierre/internal/buildinfo.version=$(VERSION)
DATA    ?=

.PHONY: docs build demo run test check lint bench soak golden screenshots fuzz dist release image clean help

## help: the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## build: the programs, in bin/
build:
	@scripts/prepare.sh
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/mcp-client ./cmd/mcp-client
	CGO_ENABLED=1 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/pierre-mcp-server ./cmd/admin-setup ./cmd/pierre-admin-service

## demo: the main job from end to end, with the sample athlete or with DATA=folder-or-archive
demo:
	@DATA='$(subst ','\'',$(DATA))' scripts/demo.sh

## run: the same set-up, but server and admin site stay up and keep their data in ./data
run:
	@DATA='$(subst ','\'',$(DATA))' scripts/demo.sh --stay --data-dir data

## test: everything, after setting up what the tests need
test:
	@scripts/test.sh

## check: the fast loop, under a minute: formatting, vet, and every package's tests without the race detector
check:
	@unformatted=$$(find . -name '*.go' -not -path './.*' | xargs gofmt -l); test -z "$$unformatted" || { echo "$$unformatted"; exit 1; }
	go vet -tags e2e ./...
	go test -short ./...

## lint: linters, shell scripts, and code that nothing reaches
lint:
	@scripts/lint.sh

## bench: the benchmarks, each beside a baseline in the same run
bench: build
	go run ./bench/server
	go run ./bench/scale --span 3s
	go run ./bench/bridge
	go run ./bench/start
	go run ./bench/flat
	go run ./bench/import
	go run ./bench/toolcalls
	go test -run '^$$' -bench Pages ./portal
	go test -run '^$$' -bench FirstPaint -benchtime 9x ./portal

## soak: everything a server does, at once, on both databases, for SOAK (10m)
soak:
	SOAK=$${SOAK:-10m} go test -tags e2e -count=1 -timeout 70m -run '^TestMix$$' -v ./internal/e2e/soak

## golden: rewrites what tests compare with, and the documents that are made from code
golden:
	@scripts/golden.sh

## screenshots: pictures of all pages of the admin site, in screenshots/ (open index.html), and those of the documents
screenshots:
	@mkdir -p screenshots docs/pictures
	go test -count=1 -run '^TestLooks$$' ./portal -args -pictures $(CURDIR)/screenshots -documents $(CURDIR)/docs/pictures
	go test -count=1 -run '^TestPictures$$' ./tools -args -charts $(CURDIR)/docs/pictures

## docs: the documents as a web site, in site/ (serve it with any web server), with all links checked
docs:
	go test -count=1 -v ./docs/site -args -site $(CURDIR)/site

## fuzz: every fuzz target for FUZZ (5s)
fuzz:
	@scripts/fuzz.sh $${FUZZ:-5s}

## dist: what a server offers for download: builds of mcp-client, bundles, checksums
dist:
	@scripts/dist.sh

## image: the container image as a file in dist/, without Docker
image:
	@scripts/image.sh

## release: a whole release in dist/: archives, packages, manifests, all programs; built and checked (docs/RELEASING.md)
release:
	@scripts/release.sh

## clean: removes what was built
clean:
	rm -rf bin dist site
