#!/usr/bin/env bash
# Builds this commit twice and compares every byte: in two clones with paths of different length, one after the other, the
# second with another home, time zone and umask.
#   scripts/reproduce.sh [client]       client: only what make dist builds
# FRESH=1 compiles the second from nothing, too, instead of taking unchanged packages from Go's cache; it takes long.
set -euo pipefail
cd "$(dirname "$0")/.."

what=all
[ "${1:-}" != client ] || what=''
commit=$(git rev-parse HEAD)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE)
export GOCACHE GOMODCACHE PIERRE_CACHE=${PIERRE_CACHE:-$PWD/.cache}

# built DIR builds the commit in a clone there.
built() {
	git clone -q --no-hardlinks . "$1"
	git -C "$1" checkout -q "$commit"
	(cd "$1" && scripts/dist.sh $what >"$work/log" 2>&1) || {
		tail -n 30 "$work/log" >&2
		exit 1
	}
}

built "$work/first"
(
	[ -z "${FRESH:-}" ] || export GOCACHE=$work/cache
	export TZ=Asia/Tokyo HOME=$work/home
	mkdir "$HOME"
	umask 077
	built "$work/another/place/for/the/second"
)
diff -rq "$work/first/dist" "$work/another/place/for/the/second/dist" || {
	echo "reproduce.sh: the two builds of $commit differ" >&2
	exit 1
}
echo "both builds of $commit are the same: $(find "$work/first/dist" -type f | wc -l) files, SHA-256 of the list of checksums $(sha256sum <"$work/first/dist/checksums.txt" | cut -d' ' -f1)"
