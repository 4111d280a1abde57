#!/usr/bin/env bash
# Formatting, linters, shell scripts, and code that no program reaches.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh

tool golangci-lint fmt --diff
tool golangci-lint run ./...
(cd deploy && tool golangci-lint run ./...)

! command -v shellcheck >/dev/null || shellcheck -x scripts/*.sh deploy/package/*.sh install/script/install.sh .ci/run

# Code that neither a program nor a test reaches, then code that only tests reach. Packages that exist for tests are
# exempt from the second; their names are those that internal/arch knows. Each uses one processor most of the time.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tool deadcode -tags e2e -test ./... >"$work/tested" &
tested=$!
tool deadcode -tags e2e ./... >"$work/programs" &
programs=$!
wait "$tested"
wait "$programs"
(cd deploy && tool deadcode ./image ./compose) >"$work/deploy"
dead=$(cat "$work/tested" "$work/deploy")
dead+=$(grep -vE '^(internal/(browser|document|e2e|recordings|mcptest)/|[^ ]*test/)' "$work/programs" || true)
[ -z "$dead" ] || {
	printf 'nothing reaches this code:\n%s\n' "$dead" >&2
	exit 1
}

# The client is for three systems. What this one does not compile is compiled for the others, with the tests but for those that
# need SQLite. No program is linked, and what did not change comes from Go's cache.
mapfile -t client < <(go list -deps ./cmd/mcp-client | grep "^$(go list -m)/")
mapfile -t portable < <(go list -test -f '{{if eq .Name "main"}}{{.ImportPath}} {{join .Deps " "}}{{end}}' "${client[@]}" | grep '\.test ' | grep -v mattn/go-sqlite3 | sed 's/\.test .*//')
for system in windows darwin; do
	GOOS=$system CGO_ENABLED=0 go list -export ./cmd/mcp-client >/dev/null
	GOOS=$system CGO_ENABLED=0 go list -export -test "${portable[@]}" >/dev/null
done
