#!/usr/bin/env bash
# Signs a release: checks the files against their list of checksums, and writes the list's signature beside it.
#   scripts/sign.sh KEY [FOLDER]
# KEY is a private ECDSA key of the curve P-256; openssl asks for its passphrase. FOLDER is dist by default. Decision 0008
# says how keys are made and kept.
set -euo pipefail
key=${1:?usage: scripts/sign.sh KEY [FOLDER]}
folder=${2:-$(dirname "$0")/../dist}
list=$folder/checksums.txt

fail() {
	echo "sign.sh: $*" >&2
	exit 1
}

[ -r "$key" ] || fail "there is no key $key that can be read"
[ -f "$list" ] || fail "there is no $list; make dist and make release write it"
grep -qE '^# pierre [0-9A-Za-z.+-]+$' <(head -n 1 "$list") || fail "the first line of $list does not name the version"
(cd "$folder" && sha256sum --check --strict --quiet checksums.txt) || fail "the files are not those of $list; nothing was signed"

signature=$(mktemp)
trap 'rm -f "$signature"' EXIT
openssl dgst -sha256 -sign "$key" -out "$signature" "$list"
openssl base64 -A -in "$signature" >"$list.sig"
echo >>"$list.sig"
echo "signed $list, version $(sed -n '1s/^# pierre //p' "$list")"
