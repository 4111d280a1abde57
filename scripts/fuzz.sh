#!/usr/bin/env bash
# Runs every fuzz target for a short while: scripts/fuzz.sh 5s
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
		echo "== $dir $target"
		go test -run='^$' -fuzz="^$target\$" -fuzztime="${1:-5s}" "$dir"
	done
done
