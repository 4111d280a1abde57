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
# exempt from the second; their names are those that internal/arch knows.
dead=$(tool deadcode -tags e2e -test ./...)
dead+=$(cd deploy && tool deadcode ./image ./compose)
dead+=$(tool deadcode -tags e2e ./... | grep -vE '^(internal/(browser|document|e2e|recordings|mcptest)/|[^ ]*test/)' || true)
[ -z "$dead" ] || {
	printf 'nothing reaches this code:\n%s\n' "$dead" >&2
	exit 1
}

# The client is for three systems. What this one does not compile is compiled for the others, with the tests but for those that
# need SQLite. No program is linked, and what did not change comes from Go's cache.
mapfile -t client < <(go list -deps ./cmd/mcp-client | grep "^$(go list -m)/")
# grep reads to the end (no -q): go list would end with an error where nobody reads.
mapfile -t tested < <(for package in "${client[@]}"; do go list -deps -test "$package" | grep mattn/go-sqlite3 >/dev/null || echo "$package"; done)
for system in windows darwin; do
	GOOS=$system CGO_ENABLED=0 go list -export ./cmd/mcp-client >/dev/null
	GOOS=$system CGO_ENABLED=0 go list -export -test "${tested[@]}" >/dev/null
done
