#!/usr/bin/env bash
# Prints what a version changed, from CHANGELOG.md, and fails if there is nothing or no date:
#   scripts/changelog.sh 1.2.3 [FILE]
set -euo pipefail
version=${1:?usage: scripts/changelog.sh VERSION [FILE]}
file=${2:-$(dirname "$0")/../CHANGELOG.md}

fail() {
	echo "changelog.sh: $*" >&2
	exit 1
}

heading=$(grep -nxE "## ${version//./\\.}( - .*)?" "$file") || fail "$file has no section '## $version - $(date +%F)'"
[[ $heading =~ \ -\ [0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || fail "line ${heading%%:*} of $file does not end in the day of the release, as in '## $version - $(date +%F)'"
text=$(awk -v from="${heading%%:*}" 'NR > from && /^## / { exit } NR > from' "$file")
[[ $text =~ [^[:space:]] ]] || fail "the section of $version in $file is empty"
echo "$text"
