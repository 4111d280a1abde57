#!/usr/bin/env bash
# Runs every fuzz target for a short while: scripts/fuzz.sh 5s
# For a second, as in make test, nothing guides it: what is guided is built with counters, everything anew, Go's own
# library and SQLite too. That takes minutes, and within a second guidance leads nowhere.
set -euo pipefail
cd "$(dirname "$0")/.."
# What was interesting before is where fuzzing goes on, unless FUZZ_CORPUS names another folder.
corpus=${FUZZ_CORPUS:-$(go env GOCACHE)/fuzz/pierre}
duration=${1:-5s}
guided=-fuzz=Fuzz
[ "$duration" != 1s ] || guided=
export corpus duration guided

# ended_by_clock OUTPUT: a run that ended with its time and found nothing. Go before 1.27 now and then calls that a failure
# (go.dev/issue/75804); an input that fails is always written down.
ended_by_clock() {
	grep -qx '    context deadline exceeded' <<<"$1" && ! grep -qE 'Failing input|panic|hung or terminated' <<<"$1"
}

# inputs DIR OUTPUT prints the inputs that fail, to be put into DIR by hand: what CI writes down is gone with its machine.
inputs() {
	local file
	{ grep -oE 'Failing input written to [^[:space:]]+' <<<"$2" || true; } | sed 's/.* //' | sort -u | while read -r file; do
		printf '%s:\n%s\n' "$1/$file" "$(<"$1/$file")"
	done
}

# fuzz DIR runs the targets of a package, with one worker: another package is built or run on the other processor meanwhile.
fuzz() {
	local dir=$1 binary target out
	binary=$(mktemp)
	# One test program for all targets of a package, as go test links it: without what debuggers read.
	go test -c -vet=off -ldflags='-s -w' ${guided:+"$guided"} -o "$binary" "$dir" || return 255 # which ends xargs
	while read -r target; do
		out=$(cd "$dir" && "$binary" -test.run='^$' -test.fuzz="^$target\$" -test.fuzztime="$duration" -test.parallel=1 \
			-test.fuzzcachedir="$corpus/${dir#./}/$target" 2>&1) || ended_by_clock "$out" || {
			printf '%s %s: FAILED\n%s\n' "$dir" "$target" "$out"
			inputs "$dir" "$out"
			return 255
		}
		echo "$dir $target: $(grep -oE 'execs: [0-9]+' <<<"$out" | tail -n 1 || echo "no figures")"
	done < <(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //')
	rm -f "$binary"
}
export -f fuzz ended_by_clock inputs

# shellcheck disable=SC2016 # the inner shell expands it
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | xargs -P "$(nproc)" -I '{}' bash -c 'set -euo pipefail; fuzz "$1"' fuzz '{}'
echo "$(grep -rhE '^func Fuzz' --include='*_test.go' . | wc -l) fuzz targets"
