#!/usr/bin/env bash
# Checks what every build needs, Go and a C compiler, and downloads the Go modules. It says in one sentence what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	echo "pierre: $*" >&2
	exit 1
}

want=$(sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' go.mod)
command -v go >/dev/null || fail "Go $want or newer is needed and no go program was found: install it from https://go.dev/dl"
have=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')
newest=$(printf '%s\n%s\n' "$want" "$have" | sort -V | tail -n 1)
[ "$newest" = "$have" ] || fail "Go $want or newer is needed and this is Go $have: install a newer one from https://go.dev/dl"

cc=$(go env CC)
command -v "${cc%% *}" >/dev/null || fail "a C compiler is needed, because SQLite is written in C: apt-get install gcc libc6-dev, or xcode-select --install"

# Listing every package's imports downloads what is missing, and nothing more.
needed=(go list -deps -test -tags e2e ./...)
if ! GOPROXY=off "${needed[@]}" >/dev/null 2>&1; then
	echo "downloading Go modules" >&2
	log=$("${needed[@]}" 2>&1 >/dev/null) || fail "the Go modules could not be downloaded; is there a network? $(tail -n 1 <<<"$log")"
fi
