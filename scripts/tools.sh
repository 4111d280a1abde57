# shellcheck shell=bash
# Sourced by other scripts: the development tools at fixed versions, built once into .cache/bin. They stay out of go.mod,
# so that their dependencies are not the product's.
PIERRE_TOOLS=${PIERRE_CACHE:-$PWD/.cache}/bin
declare -A tool_versions=(
	[golangci-lint]=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	[deadcode]=golang.org/x/tools/cmd/deadcode@v0.52.0
	[goreleaser]=github.com/goreleaser/goreleaser/v2@v2.14.0 # takes minutes to build; only releases need it
	[gotestsum]=gotest.tools/gotestsum@v1.13.0
)

# tool NAME ARG… runs a tool, and builds it first if this version is not there. Two scripts may do so at once.
tool() {
	local name=$1 version=${tool_versions[$1]##*@}
	local program=$PIERRE_TOOLS/$name-$version dir
	if [ ! -x "$program" ]; then
		echo "building $name $version, once" >&2
		mkdir -p "$PIERRE_TOOLS"
		dir=$(mktemp -d "$PIERRE_TOOLS/building-XXXXXX")
		GOBIN=$dir go install "${tool_versions[$name]}" 2>&1 | grep -v '^go: downloading' >&2 || true
		mv "$dir/$name" "$program"
		rmdir "$dir"
	fi
	"$program" "${@:2}"
}
