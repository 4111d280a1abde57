#!/usr/bin/env bash
# Builds the container image without a base image or a daemon: image.sh [FILE], by default dist/pierre-VERSION-ARCH.tar.
# docker load, podman load and skopeo read it. image.sh --rootfs DIR writes the image's files instead, for the Dockerfile.
# VERSION, REVISION and CREATED are of this checkout unless they are set. The same commit gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=${VERSION:-$(scripts/version.sh)}
REVISION=${REVISION:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}
CREATED=${CREATED:-$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || echo 1970-01-01T00:00:00Z)}
arch=$(go env GOARCH)

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT

# Programs that need no library: the image has none. SQLite's C code is linked with glibc; names are looked up by Go. The server's
# program is the admin site and admin-setup, too, by the name it is started with (multicall).
stamp="-s -w -X github.com/pierre-mcp/pierre/internal/buildinfo.version=$VERSION"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$stamp" -o "$built/mcp-client" ./cmd/mcp-client
CGO_ENABLED=1 go build -trimpath -buildvcs=false -tags multicall \
	-ldflags "$stamp -linkmode external -extldflags '-static -Wl,--no-warnings -Wl,--build-id=none'" \
	-o "$built/" ./cmd/pierre-mcp-server

if [ "${1:-}" = --rootfs ]; then
	to=(-rootfs "${2:?image.sh --rootfs DIR}")
else
	file=${1:-dist/pierre-$VERSION-$arch.tar}
	mkdir -p "$(dirname "$file")"
	to=(-output "$(realpath "$file")")
fi
licenses=$PWD
cd deploy
CGO_ENABLED=0 go run ./image -programs "$built" -licenses "$licenses" -zones "$(go env GOROOT)/lib/time/zoneinfo.zip" -arch "$arch" \
	-version "$VERSION" -revision "$REVISION" -created "$CREATED" "${to[@]}"
