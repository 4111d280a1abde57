#!/usr/bin/env bash
# What make demo and make run start: checks DATA before anything is built, builds in silence, and runs the demo
# so that Ctrl-C ends it without an error. Arguments go on to the demo.
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

data=${DATA:-}
if [ -n "$data" ]; then
	# Some shells leave a ~ behind a "=" as it is.
	if [[ $data =~ ^~(/|$) ]]; then data=$HOME${data:1}; fi
	if [ "${data:0:1}" != / ]; then data=$caller/$data; fi
	if [ ! -e "$data" ]; then
		echo "DATA: there is no file or folder $data" >&2
		exit 2
	fi
	if [ ! -r "$data" ]; then
		echo "DATA: $data cannot be read" >&2
		exit 2
	fi
	if [ -d "$data" ] && [ -z "$(find "$data" -type f -print -quit)" ]; then
		echo "DATA: there is no file in the folder $data" >&2
		exit 2
	fi
	set -- "$@" --data "$data"
fi

echo "building the programs (a minute or two the first time)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { make --no-print-directory build && go build -o bin/demo ./demo; } >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi

# A job of its own gets Ctrl-C alone: make does not see it, and so does not call it an error.
if [ -t 0 ]; then set -m; fi
bin/demo --bin bin "$@"
