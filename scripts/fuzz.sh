#!/usr/bin/env bash
# Runs every fuzz target for a short while: scripts/fuzz.sh 5s
set -euo pipefail
cd "$(dirname "$0")/.."
# What was interesting before is where fuzzing goes on, unless FUZZ_CORPUS names another folder.
corpus=${FUZZ_CORPUS:-$(go env GOCACHE)/fuzz/pierre}
targets=0
while read -r dir; do
	binary=$(mktemp)
	# One instrumented test program for all targets of a package.
	go test -c -fuzz=Fuzz -o "$binary" "$dir"
	while read -r target; do
		printf '%s %s: ' "$dir" "$target"
		out=$(cd "$dir" && "$binary" -test.run='^$' -test.fuzz="^$target\$" -test.fuzztime="${1:-5s}" \
			-test.fuzzcachedir="$corpus/$target" 2>&1) || { printf 'FAILED\n%s\n' "$out"; exit 1; }
		grep -oE 'execs: [0-9]+' <<<"$out" | tail -n 1 || echo "no figures"
		targets=$((targets + 1))
	done < <(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //')
	rm -f "$binary"
done < <(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u)
echo "$targets fuzz targets"
