#!/bin/sh
# Installs mcp-client from @ORIGIN@ and connects this machine's MCP hosts to it:
#
#   curl -fsSL @ORIGIN@/install.sh | sh
#
# No root, no Node, no Go. What it does: download the build for this machine,
# check its SHA-256, put it into ~/.local/bin, run "mcp-client install".
# Where the server's operator signs the builds, the list of their SHA-256 must
# carry that signature, and be of the release that the server names.
#
#   PIERRE_INSTALL_DIR   another folder than ~/.local/bin
#   PIERRE_NO_SETUP=1    only install the program
#   PIERRE_AUTH_KEY      the key, instead of being asked for it
set -eu

origin='@ORIGIN@'
key='@KEY@'         # whose signature the builds must have; empty: they are not signed
version='@VERSION@' # which release they must be of, if they are signed

fail() {
	echo "install.sh: $*" >&2
	exit 1
}

platform() {
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) fail "there is no build for $(uname -s); on Windows use: irm $origin/install.ps1 | iex" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	arm64 | aarch64) arch=arm64 ;;
	*) fail "there is no build for $(uname -m)" ;;
	esac
	# A shell under Rosetta says x86_64 on a machine that is arm64.
	if [ "$os" = darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || echo 0)" = 1 ]; then
		arch=arm64
	fi
	echo "${os}_$arch"
}

fetch() {
	if command -v curl >/dev/null; then
		curl -fsSL --retry 3 -o "$2" "$1" || fail "cannot download $1${3:-}"
	elif command -v wget >/dev/null; then
		wget -q -O "$2" "$1" || fail "cannot download $1${3:-}"
	else
		fail "neither curl nor wget is here to download with"
	fi
}

sha256() {
	if command -v sha256sum >/dev/null; then
		sha256sum "$1" | cut -d' ' -f1
	elif command -v shasum >/dev/null; then
		shasum -a 256 "$1" | cut -d' ' -f1
	else
		openssl dgst -sha256 "$1" | sed 's/^.* //'
	fi
}

# signed FILE stops unless FILE is the list of the release, signed by the key.
signed() {
	[ -n "$key" ] || return 0
	command -v openssl >/dev/null || fail "the builds are signed, and openssl is needed to check that. Nothing was installed; install openssl and try again"
	fetch "$origin/download/checksums.txt.sig" "$1.sig" "; the builds must be signed. Nothing was installed; tell the server's operator"
	{
		echo '-----BEGIN PUBLIC KEY-----'
		echo "$key" | fold -w 64
		echo '-----END PUBLIC KEY-----'
	} >"$1.key"
	openssl base64 -d -A -in "$1.sig" -out "$1.der" 2>/dev/null || : >"$1.der"
	[ "$(openssl dgst -sha256 -verify "$1.key" -signature "$1.der" "$1" 2>/dev/null)" = 'Verified OK' ] ||
		fail "the list of checksums is not signed by the key of $origin. Nothing was installed; tell its operator"
	[ "$(sed -n '1s/^# pierre //p' "$1")" = "$version" ] ||
		fail "the builds are those of another release than $version. Nothing was installed; try again, and if that does not help, tell the operator of $origin"
	echo "The signature of release $version is good"
}

setup() {
	[ -z "${PIERRE_NO_SETUP:-}" ] || return 0
	echo
	if [ -n "${PIERRE_AUTH_KEY:-}" ]; then
		"$1" install --url "$origin" --yes
	elif (: </dev/tty) 2>/dev/null; then
		"$1" install --url "$origin" </dev/tty
	else
		echo "There is no terminal to ask for the key. Next: $1 install --url $origin"
	fi
}

main() {
	name=mcp-client_$(platform)
	folder=${PIERRE_INSTALL_DIR:-$HOME/.local/bin}
	mkdir -p "$folder" || fail "cannot make the folder $folder; PIERRE_INSTALL_DIR names another"
	temp=$(mktemp -d "$folder/.mcp-client.XXXXXX") || fail "cannot write to $folder; PIERRE_INSTALL_DIR names another"
	trap 'rm -rf "$temp"' EXIT INT TERM
	echo "Downloading $name from $origin"
	fetch "$origin/download/checksums.txt" "$temp/checksums.txt"
	signed "$temp/checksums.txt"
	fetch "$origin/download/$name" "$temp/mcp-client"
	want=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\$/\1/p" "$temp/checksums.txt")
	[ -n "$want" ] || fail "$origin has no checksum for $name; tell its operator"
	got=$(sha256 "$temp/mcp-client")
	[ "$got" = "$want" ] || fail "the download is damaged: its SHA-256 is $got, not $want. Nothing was installed; try again"
	chmod 755 "$temp/mcp-client"
	"$temp/mcp-client" version >/dev/null || fail "the downloaded program does not run on this machine"
	mv -f "$temp/mcp-client" "$folder/mcp-client"
	echo "Installed $("$folder/mcp-client" version) in $folder"
	case ":$PATH:" in
	*":$folder:"*) ;;
	*) echo "To call it by its name, add $folder to your PATH: export PATH=\"$folder:\$PATH\"" ;;
	esac
	setup "$folder/mcp-client"
}

# The last line: a download that breaks off runs nothing.
main
