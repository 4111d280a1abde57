#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. As root on Debian, missing
# programs are installed from its packages; elsewhere they are asked for.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# ensure PROGRAM PACKAGE… makes the program available, or returns 1.
ensure() {
	command -v "$1" >/dev/null && return 0
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	apt-get update -qq && apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
	command -v "$1" >/dev/null
}

fail() {
	echo "make test: $*" >&2
	exit 1
}

step "what the tests need"
command -v go >/dev/null || fail "install Go 1.26 or newer first"
ensure gcc gcc libc6-dev || fail "SQLite is compiled by cgo: install a C compiler"
for judge in npm shellcheck curl; do
	ensure "$judge" "$judge" && continue
	[ -z "${CI:-}" ] || fail "$judge is required in CI"
	echo "$judge is not here: what needs it is skipped"
done

step "formatting, vet, shell scripts"
unformatted=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
[ -z "$unformatted" ] || fail "not gofmt-clean: $unformatted"
go vet -tags e2e ./...
! command -v shellcheck >/dev/null || shellcheck scripts/*.sh install/script/install.sh .ci/run

step "programs"
make --no-print-directory build

step "unit and integration tests"
go test -shuffle=on -timeout 5m ./...

step "end to end: the built programs, the conformance suite, foreign clients"
go test -tags e2e -count=1 -timeout 15m ./internal/e2e/...

if [ -n "${CI:-}" ]; then
	step "data races"
	go test -race -timeout 8m ./bridge/... ./remote/... ./internal/access/... ./internal/limit/... ./internal/usage/... ./internal/store/... ./internal/importer/...
fi

step "all tests passed"
