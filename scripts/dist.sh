#!/usr/bin/env bash
# Builds what a server offers for download (--downloads-dir dist): mcp-client for six
# platforms, its checksums and bills of materials, and a bundle for Claude
# Desktop per platform. Needs Go, Node and npm; the tools are installed into .cache.
set -euo pipefail
cd "$(dirname "$0")/.."

goreleaser=github.com/goreleaser/goreleaser/v2@v2.14.0
cdxgen=@cyclonedx/cdxgen@12.8.4

cache=${PIERRE_CACHE:-$PWD/.cache}
export GOBIN=$cache/bin PATH=$cache/bin:$cache/cdxgen/node_modules/.bin:$PATH
[ -x "$GOBIN/goreleaser" ] || { echo "building the release tool, once; it takes some minutes"; go install "$goreleaser"; }
[ -d "$cache/cdxgen" ] || npm install --silent --no-audit --no-fund --prefix "$cache/cdxgen" "$cdxgen"

rm -rf dist
VERSION=${VERSION:-$(scripts/version.sh)}
export VERSION
goreleaser release --snapshot --clean
mv dist/release/mcp-client.sbom.json dist/
for build in dist/release/mcp-client_*/mcp-client*; do
	platform=$(basename "$(dirname "$build")" | sed -E 's/^mcp-client_([a-z]+_[a-z0-9]+)_.*$/\1/')
	case $build in *.exe) cp "$build" "dist/mcp-client_$platform.exe" ;; *) cp "$build" "dist/mcp-client_$platform" ;; esac
done
scripts/bundle.sh dist/mcp-client_{linux,darwin,windows}_{amd64,arm64}*
rm -rf dist/release
list=$(cd dist && echo "# pierre $VERSION" && sha256sum -- *) # the first line is signed with the others
echo "$list" >dist/checksums.txt
ls -l dist
