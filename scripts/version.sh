#!/usr/bin/env bash
# Prints the version of this checkout, the same for every program and bundle: 1.2.3 at the tag v1.2.3,
# 1.2.4-dev.5+abc1234 five commits later, 0.0.0-dev without a tag or without git.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse --short HEAD 2>/dev/null) || { echo 0.0.0-dev; exit 0; }
dirty=$([ -z "$(git status --porcelain --untracked-files=no)" ] || echo .dirty)
if ! described=$(git describe --tags --match 'v[0-9]*' --long 2>/dev/null); then
	echo "0.0.0-dev+$commit$dirty"
	exit 0
fi
tag=${described%-*-*}
since=${described#"$tag-"} && since=${since%-g*}
version=${tag#v}
if [ "$since" = 0 ] && [ -z "$dirty" ]; then
	echo "$version"
else
	echo "${version%.*}.$((${version##*.} + 1))-dev.$since+$commit$dirty"
fi
