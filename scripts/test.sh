#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. What it installs: as root on Debian, missing programs from Debian's
# packages (gcc for SQLite; PostgreSQL, Redis, Chromium, npm, shellcheck, curl, jq, openssl, zsh and busybox for tests); into .cache, development tools at fixed
# versions and the Node.js programs that test the MCP protocol. Elsewhere a missing program is named, and the tests that
# need it are skipped; where CI is set, that is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
# As the programs are built, so that nothing is compiled twice: SQLite alone takes a minute. What debuggers read is half of the
# work of linking two hundred test programs.
GOFLAGS="${GOFLAGS:+$GOFLAGS }-trimpath -ldflags=-w"
export GOFLAGS

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
fail() {
	echo "make test: $*" >&2
	exit 1
}

# ensure PROGRAM WHY PACKAGE… makes the program available, or returns 1.
ensure() {
	command -v "$1" >/dev/null && return 0
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	echo "installing ${*:3}: $2"
	apt-get update -qq && apt-get install -y -qq --no-install-recommends "${@:3}" >/dev/null
	command -v "$1" >/dev/null
}

results=$(mktemp -d)
waits=''
# What was started beside other tests ends with them.
trap '[ -z "$waits" ] || kill "$waits" 2>/dev/null; rm -rf "$results"' EXIT

# run NAME ARG… runs go test and keeps its events for the summary.
run() {
	tool gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg --hide-summary=skipped,output \
		--jsonfile "$results/$1.json" -- "${@:2}"
}

# slowest WHICH prints the ten longest of the packages or tests that WHICH selects.
slowest() {
	jq -r "select((.Action == \"pass\" or .Action == \"fail\") and $1) | \"\(.Elapsed) s \(.Package) \(.Test // \"\")\"" "$results"/*.json | sort -rn | head -n 10
}

step "what the tests need"
ensure gcc "SQLite is written in C" gcc libc6-dev || true
scripts/prepare.sh
missing=()
ensure npm "the MCP conformance suite and foreign clients run on Node.js" npm || missing+=("npm: the conformance suite and foreign clients")
ensure shellcheck "shell scripts are checked" shellcheck || missing+=("shellcheck: the check of shell scripts")
ensure curl "the installer script and the documents are run" curl || missing+=("curl: the installer script and the documents")
ensure jq "the documents are run" jq || missing+=("jq: the documents")
ensure hugo "the documents are rendered, and their links followed" hugo || missing+=("hugo: the site of the documents")
ensure python3 "a program of the provisioning guide is run" python3 || missing+=("python3: a program of the provisioning guide")
ensure openssl "releases are signed with it" openssl || missing+=("openssl: the signature of releases")
ensure zip "bundles are packed with it" zip || missing+=("zip: the bundle for Claude Desktop")
for shell in zsh busybox; do
	ensure "$shell" "the installer script is run by each shell" "$shell" || missing+=("$shell: one of the installer's shells")
done
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || ensure pg_ctlcluster "the second database" postgresql ||
	missing+=("postgresql: the tests on PostgreSQL")
ensure pgbouncer "servers work behind poolers" pgbouncer || missing+=("pgbouncer: the test of poolers")
ensure chromium "the admin site is used as a person does" chromium || missing+=("chromium: the tests of the admin site's pages")
ensure caddy "the example of a proxy is run" caddy || missing+=("caddy: the test of the proxies' examples")
ensure nginx "the example of a proxy is run" nginx-light || missing+=("nginx: the test of the proxies' examples")
ensure systemd-analyze "the units of systemd are checked" systemd || missing+=("systemd-analyze: the check of the units")
ensure redis-server "limits that several servers share" redis-server || missing+=("redis-server: the tests on Redis")
[ -z "${CI:-}" ] || [ ${#missing[@]} = 0 ] || fail "needed in CI: $(printf '%s; ' "${missing[@]}")"

step "formatting, linters, unreachable code"
scripts/lint.sh

step "programs"
make --no-print-directory build

waiting='^(TestSlowFaults|TestFaults|TestCutOff|TestUnknownName)$'
if [ -n "${CI:-}" ]; then # what waits for minutes, and does next to nothing meanwhile
	run slow -tags e2e -count=1 -timeout 15m -parallel 4 -run "$waiting" ./internal/e2e >"$results/slow" 2>&1 &
	waits=$!
fi

step "unit and integration tests, with the race detector"
# More packages at once than there are processors: many wait for databases and timeouts. The linters have vetted them.
# Those that take minutes begin first: none of them is left to run alone at the end.
run unit -race -shuffle=on -vet=off -p 3 -timeout 15m ./internal/store ./cmd/pierre-mcp-server ./portal ./internal/provider ./portal/console ./internal/limit ./portal/staff ./...

step "what only computes, without the race detector"
# It finds nothing where nothing is concurrent, and makes computing ten times slower.
mapfile -t computing < <(grep -rlx --include='*_test.go' '//go:build !race' .)
mapfile -t packages < <(dirname "${computing[@]}" | sort -u)
run computing -shuffle=on -vet=off -run "^($(sed -nE 's/^func ((Test|Fuzz|Example)[A-Za-z0-9_]*)\(.*/\1/p' "${computing[@]}" | sort -u | paste -sd '|'))\$" "${packages[@]}"

step "deployments: the image's description, compose files, the chart"
(cd deploy && run deploy -vet=off ./...)

step "end to end: the built programs, the conformance suite, foreign clients"
mapfile -t e2e < <(go list -tags e2e ./internal/e2e/... | grep -v '/soak$')
run e2e -tags e2e -count=1 -vet=off -timeout 15m -skip "${waits:+$waiting}" "${e2e[@]}"

if [ -n "$waits" ]; then
	wait "$waits" || { cat "$results/slow"; fail "a test that waits for minutes failed"; }
	waits=''
fi

step "soak: everything at once, then bad clients beside good ones, alone on the machine"
run soak -tags e2e -count=1 -vet=off -timeout 12m ./internal/e2e/soak

step "fuzz targets, ${FUZZ:-1s} each"
FUZZ_CORPUS=$results/corpus scripts/fuzz.sh "${FUZZ:-1s}" # from the seeds, so that a run does not depend on those before

if git rev-parse --git-dir >/dev/null 2>&1; then
	step "generated files are up to date"
	before=$(git diff | cksum)
	make --no-print-directory golden
	[ "$before" = "$(git diff | cksum)" ] || { git diff --stat; fail "commit what make golden has changed"; }
fi

step "summary"
for kind in unit computing deploy slow e2e soak; do
	[ -e "$results/$kind.json" ] || continue
	tool gotestsum --format none --hide-summary=output --raw-command -- cat "$results/$kind.json"
done
if command -v jq >/dev/null; then
	printf 'the slowest packages:\n%s\n' "$(slowest '(has("Test") | not)')"
	printf 'the slowest tests:\n%s\n' "$(slowest '(.Test // "/" | contains("/") | not)')"
fi
for program in "${missing[@]}"; do echo "skipped for want of $program"; done
echo "all tests passed in $SECONDS s"
