#!/usr/bin/env bash
# Builds what is downloaded, into dist/, always to the same bytes from one commit:
#   scripts/dist.sh       what a server offers (--downloads-dir dist): mcp-client for six platforms, its bill of materials,
#                         a bundle for Claude Desktop per platform, checksums
#   scripts/dist.sh all   a whole release: archives, packages for Debian and RPM systems, manifests for Homebrew, Scoop and
#                         the MCP registry too, and the server for Linux
# Needs Go, Node, npm and zip; for a whole release also a C compiler for amd64 and for arm64 (Debian: gcc-x86-64-linux-gnu
# and gcc-aarch64-linux-gnu; gcc is one of them). The tools are installed into .cache.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh

cdxgen=@cyclonedx/cdxgen@12.8.4
mcpb=@anthropic-ai/mcpb@2.1.2

cache=${PIERRE_CACHE:-$PWD/.cache}
[ -d "$cache/release" ] || npm install --silent --no-audit --no-fund --prefix "$cache/release" "$cdxgen" "$mcpb"
node_tool() { node "$cache/release/node_modules/$1" "${@:2}"; }

# What would otherwise differ from one build to the next.
export TZ=UTC LC_ALL=C VERSION=${VERSION:-$(scripts/version.sh)}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) SOURCE_DATE=$(git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)
export SOURCE_DATE_EPOCH SOURCE_DATE
# Where the release is downloaded from, for the manifests of package managers.
export RELEASE_URL=${RELEASE_URL:-https://github.com/pierre-mcp/pierre/releases/download/v$VERSION}
umask 022
rm -rf dist

# Manual pages and completions come from the programs themselves, without a home folder to name in them.
extras() {
	local programs=(mcp-client pierre-mcp-server pierre-admin-service admin-setup) program shell
	mkdir -p dist/extra/{man,completions}
	make --no-print-directory build VERSION="$VERSION"
	for program in "${programs[@]}"; do
		env -i HOME='~' "bin/$program" man >"dist/extra/man/$program.1"
		gzip -9 -n -k "dist/extra/man/$program.1"
		for shell in bash zsh fish; do
			env -i HOME='~' "bin/$program" completion "$shell" >"dist/extra/completions/$program.$shell"
		done
	done
}

if [ "${1:-}" = all ]; then
	extras
	# The compiler for this machine's own processor has its plain name, so that SQLite is not compiled again.
	export CC_AMD64=x86_64-linux-gnu-gcc CC_ARM64=aarch64-linux-gnu-gcc
	case $(go env GOARCH) in amd64) CC_AMD64=gcc ;; arm64) CC_ARM64=gcc ;; esac
	tool goreleaser release --snapshot --skip=publish --parallelism 1 # so that SQLite is compiled once for each processor
	mv dist/release/*.{tar.gz,zip,deb,rpm} dist/
	mv dist/release/homebrew/Casks/mcp-client.rb dist/mcp-client.rb
	mv dist/release/scoop/mcp-client.json dist/mcp-client.scoop.json
else
	tool goreleaser build --snapshot --id mcp-client
fi
for build in dist/release/mcp-client_*/mcp-client*; do
	platform=$(basename "$(dirname "$build")" | sed -E 's/^mcp-client_([a-z]+_[a-z0-9]+)_.*$/\1/')
	case $build in *.exe) cp "$build" "dist/mcp-client_$platform.exe" ;; *) cp "$build" "dist/mcp-client_$platform" ;; esac
done

# The bill of materials. A serial number and the time of its making would make every one another.
node_tool @cyclonedx/cdxgen/bin/cdxgen.js --type go --no-install-deps --no-recurse --output dist/mcp-client.sbom.json . >/dev/null
node scripts/sbom.mjs dist/mcp-client.sbom.json "$VERSION" "$SOURCE_DATE_EPOCH"

MCPB="node $cache/release/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js" scripts/bundle.sh dist/mcp-client_{linux,darwin}_{amd64,arm64} dist/mcp-client_windows_{amd64,arm64}.exe
[ "${1:-}" != all ] || node scripts/registry.mjs dist "$VERSION" "$RELEASE_URL"
rm -rf dist/release dist/extra
list=$(cd dist && echo "# pierre $VERSION" && sha256sum -- *) # the first line is signed with the others
echo "$list" >dist/checksums.txt
ls -l dist
