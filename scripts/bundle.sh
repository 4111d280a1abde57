#!/usr/bin/env bash
# Packs builds of mcp-client into one-click bundles for Claude Desktop, beside them:
#   scripts/bundle.sh dist/mcp-client_linux_amd64 dist/mcp-client_windows_amd64.exe
# A bundle holds one build, and its manifest names that build's system and version.
# VERSION is that of the builds; the default is the checkout's. MCPB is the command
# of the official tool; the default fetches it from npm.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
read -ra mcpb <<<"${MCPB:-npx --yes @anthropic-ai/mcpb@2.1.2}"
version=${VERSION:-$("$root/scripts/version.sh")}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for build in "$@"; do
	case $build in *.mcpb | *.json) continue ;; esac
	program=mcp-client
	case $(basename "$build") in
	*_linux_*) platform=linux ;;
	*_darwin_*) platform=darwin ;;
	*_windows_*) platform=win32 program=mcp-client.exe ;;
	*)
		echo "bundle.sh: the name of $build does not say for which system it is" >&2
		exit 1
		;;
	esac
	dir=$work/$(basename "$build")
	mkdir -p "$dir/server"
	install -m 755 "$build" "$dir/server/$program"
	sed -e "s/\"version\": \"0.0.0\"/\"version\": \"${version#v}\"/" \
		-e "s/\"platforms\": \[.*\]/\"platforms\": [\"$platform\"]/" \
		-e "s#server/mcp-client\"#server/$program\"#" \
		"$root/install/bundle/manifest.json" >"$dir/manifest.json"
	"${mcpb[@]}" validate "$dir/manifest.json" >/dev/null
	"${mcpb[@]}" pack "$dir" "${build%.exe}.mcpb" >/dev/null
	echo "packed ${build%.exe}.mcpb for $platform, version ${version#v}"
done
