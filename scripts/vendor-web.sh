#!/usr/bin/env bash
# Writes portal/ui/static/vendor from npm packages at fixed versions: htmx, uPlot and a map of the world, whose countries
# are projected and simplified here. What each file is, its licence and its checksum stand in vendor/SOURCES.txt.
# scripts/vendor-web.sh --check compares instead of writing.
set -euo pipefail
cd "$(dirname "$0")/.."

target=portal/ui/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp scripts/vendor-map.mjs "$work"
(
	cd "$work"
	echo '{"private": true}' >package.json
	npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
		htmx.org@2.0.11 uplot@1.6.32 world-atlas@2.0.2 topojson-client@3.1.0 d3-geo@3.1.1 i18n-iso-countries@7.14.0
	mkdir out
	cp node_modules/htmx.org/dist/htmx.min.js out/htmx.js
	cp node_modules/uplot/dist/uPlot.iife.min.js out/uplot.js
	cp node_modules/uplot/dist/uPlot.min.css out/uplot.css
	node vendor-map.mjs >out/world.svg
)

# row FILE PACKAGE LICENCE [NOTE]
row() {
	printf '%s\t%s %s\t%s\t%s\t%s\n' "$1" "$2" "$(node -p "require('$work/node_modules/$2/package.json').version")" "$3" \
		"$(sha256sum "$work/out/$1" | cut -d' ' -f1)" "${4:-}"
}
{
	printf 'file\tpackage of npm\tlicence\tSHA-256\tnote\n'
	row htmx.js htmx.org 0BSD
	row uplot.js uplot MIT
	row uplot.css uplot MIT
	row world.svg world-atlas ISC "drawn from the data of Natural Earth, which is in the public domain"
} >"$work/out/SOURCES.txt"

if [ "${1:-}" = --check ]; then
	diff -r "$work/out" "$target"
else
	mkdir -p "$target"
	cp "$work"/out/* "$target"
fi
