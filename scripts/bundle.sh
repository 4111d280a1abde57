#!/usr/bin/env bash
# Packs builds of mcp-client into one-click bundles for Claude Desktop, beside them:
#   scripts/bundle.sh dist/mcp-client_linux_amd64 dist/mcp-client_windows_amd64.exe
# MCPB is the command of the official tool; the default fetches it from npm.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
read -ra mcpb <<<"${MCPB:-npx --yes @anthropic-ai/mcpb@2.1.2}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(git -C "$root" describe --tags --abbrev=0 2>/dev/null || echo v0.0.0)

for build in "$@"; do
	case $build in *.mcpb | *.json) continue ;; esac
	dir=$work/$(basename "$build")
	mkdir -p "$dir/server"
	sed "s/\"version\": \"0.0.0\"/\"version\": \"${version#v}\"/" "$root/install/bundle/manifest.json" >"$dir/manifest.json"
	case $build in
	*.exe)
		install -m 755 "$build" "$dir/server/mcp-client.exe"
		sed -i 's#"entry_point": "server/mcp-client"#"entry_point": "server/mcp-client.exe"#' "$dir/manifest.json"
		;;
	*) install -m 755 "$build" "$dir/server/mcp-client" ;;
	esac
	"${mcpb[@]}" validate "$dir/manifest.json" >/dev/null
	"${mcpb[@]}" pack "$dir" "${build%.exe}.mcpb" >/dev/null
	echo "packed ${build%.exe}.mcpb"
done
