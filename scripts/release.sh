#!/usr/bin/env bash
# Builds a whole release into dist/ and checks it: programs run, packages are installed and removed on a copy of this
# machine, versions and checksums agree everywhere. At a tag it wants a section of CHANGELOG.md; elsewhere it is a rehearsal.
# As root on Debian it installs what it needs. docs/RELEASING.md says what comes before and after.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=${VERSION:-$(scripts/version.sh)}
export VERSION
case $VERSION in
*-dev* | *.dirty) echo "this commit has no tag: a rehearsal, with version $VERSION" ;;
*) scripts/changelog.sh "$VERSION" >/dev/null ;;
esac

case $(dpkg --print-architecture 2>/dev/null) in
amd64) cross=gcc-aarch64-linux-gnu libc=libc6-dev-arm64-cross ;;
arm64) cross=gcc-x86-64-linux-gnu libc=libc6-dev-amd64-cross ;;
esac
if [ "$(id -u)" = 0 ] && [ -n "${cross:-}" ]; then
	for need in "x86_64-linux-gnu-gcc gcc libc6-dev $cross $libc" "aarch64-linux-gnu-gcc gcc libc6-dev $cross $libc" "rpm rpm" "ruby ruby" "zip zip"; do
		read -ra words <<<"$need"
		command -v "${words[0]}" >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${words[@]:1}" >/dev/null; }
	done
fi

scripts/dist.sh all
PIERRE_DIST=$PWD/dist go test -tags e2e -count=1 ./internal/e2e/releases
