#!/usr/bin/env bash
# Rewrites the golden files and the documents that are made from code. Only the tests that do so are run: those that read
# the flag update themselves or call golden. Without the flag each of them compares.
set -euo pipefail
cd "$(dirname "$0")/.."

go generate ./...
mapfile -t packages < <(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u)
tests=$(find "${packages[@]}" -maxdepth 1 -name '*_test.go' -exec awk '
	/^func / { name = match($0, /^func Test[A-Za-z0-9_]*/) ? substr($0, 6, RLENGTH - 5) : "" }
	name && /\*update|golden\(t, / { print name }' {} + | sort -u | paste -sd '|')
go test -vet=off -run "^($tests)\$" "${packages[@]}" -update
