#!/usr/bin/env bash
# Packs builds of mcp-client into one-click bundles for Claude Desktop, beside them:
#   scripts/bundle.sh dist/mcp-client_linux_amd64 dist/mcp-client_windows_amd64.exe
# A bundle holds one build, and its manifest names that build's system and version.
# VERSION is that of the builds; the default is the checkout's. MCPB is the command
# of the official tool, which checks the manifest; the default fetches it from npm. What it
# packs has the time of packing in it; zip takes SOURCE_DATE_EPOCH, by default that of the commit.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
read -ra mcpb <<<"${MCPB:-npx --yes @anthropic-ai/mcpb@2.1.2}"
version=${VERSION:-$("$root/scripts/version.sh")}
time=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 315532800)} # without git: 1980, the first that a zip file can say
export TZ=UTC

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
	chmod 644 "$dir/manifest.json" && chmod 755 "$dir/server"
	touch -d "@$time" "$dir/manifest.json" "$dir/server/$program"
	bundle=$(realpath "$(dirname "$build")")/$(basename "${build%.exe}").mcpb
	rm -f "$bundle"
	(cd "$dir" && zip -X -q "$bundle" manifest.json "server/$program")
	echo "packed ${build%.exe}.mcpb for $platform, version ${version#v}"
done
