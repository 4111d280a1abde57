#!/usr/bin/env bash
# Sets up what the tests need and runs all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

need() {
	command -v "$1" >/dev/null || { echo "make test needs $1: $2" >&2; exit 1; }
}
need go "install Go 1.26 or newer"
need gcc "SQLite is compiled by cgo; on Debian: apt-get install gcc libc6-dev"

step "formatting and vet"
unformatted=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
[ -z "$unformatted" ] || { echo "not gofmt-clean:"; echo "$unformatted"; exit 1; }
go vet -tags e2e ./...

step "programs"
make --no-print-directory build

step "unit and integration tests"
go test -shuffle=on ./...

step "end to end: the built programs, the conformance suite, foreign clients"
go test -tags e2e -count=1 -timeout 20m ./internal/e2e/...

if [ -n "${CI:-}" ]; then
	step "data races"
	go test -race ./bridge/... ./remote/... ./internal/access/... ./internal/limit/... ./internal/usage/... ./internal/store/... ./internal/importer/...
	step "fuzz targets, a few seconds each"
	scripts/fuzz.sh 3s
fi

step "all tests passed"
