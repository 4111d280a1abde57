#!/bin/sh
# Installs mcp-client from @ORIGIN@ and connects this machine's MCP hosts to it:
#
#   curl -fsSL @ORIGIN@/install.sh | sh
#
# No root, no Node, no Go. What it does: download the build for this machine,
# check its SHA-256, put it into ~/.local/bin, run "mcp-client install".
#
#   PIERRE_INSTALL_DIR   another folder than ~/.local/bin
#   PIERRE_NO_SETUP=1    only install the program
#   PIERRE_AUTH_KEY      the key, instead of being asked for it
set -eu

origin='@ORIGIN@'

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
		curl -fsSL --retry 3 -o "$2" "$1" || fail "cannot download $1"
	elif command -v wget >/dev/null; then
		wget -q -O "$2" "$1" || fail "cannot download $1"
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
