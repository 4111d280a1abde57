#!/usr/bin/env bash
# Formatting, linters, shell scripts, and code that no program reaches.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh

tool golangci-lint fmt --diff
tool golangci-lint run ./...
(cd deploy && tool golangci-lint run ./...)

! command -v shellcheck >/dev/null || shellcheck -x scripts/*.sh install/script/install.sh .ci/run

# Code that neither a program nor a test reaches, then code that only tests reach. Packages that exist for tests are
# exempt from the second; their names are those that internal/arch knows.
dead=$(tool deadcode -tags e2e -test ./...)
dead+=$(cd deploy && tool deadcode -test ./...)
dead+=$(tool deadcode -tags e2e ./... | grep -vE '^(internal/(browser|e2e|recordings|mcptest)/|[^ ]*test/)' || true)
[ -z "$dead" ] || {
	printf 'nothing reaches this code:\n%s\n' "$dead" >&2
	exit 1
}
