#!/usr/bin/env bash
# Makes the token with which pierre-admin-service asks the server, and keeps it in a file that only its owner can read.
# Nothing secret is printed. Run it where the server keeps its data:
#   scripts/setup-admin-token.sh [FILE]        # default admin-token, in the data folder
# ADMIN_SETUP names the program admin-setup; the default is bin/admin-setup, else the one in PATH. PIERRE_DATA_DIR,
# DATABASE_URL, JWT_SECRET and their like are read by admin-setup, as the server reads them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

fail() {
	echo "setup-admin-token: $*" >&2
	exit 1
}

setup=${ADMIN_SETUP:-}
if [ -z "$setup" ]; then
	setup=$root/bin/admin-setup
	[ -x "$setup" ] || setup=$(command -v admin-setup) || fail "there is no admin-setup: run make build, or set ADMIN_SETUP"
fi
file=${1:-${PIERRE_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/pierre}/admin-token}
folder=$(dirname "$file")
mkdir -p "$folder" || fail "cannot make the folder $folder"

umask 077
new=$(mktemp "$folder/.admin-token.XXXXXX") || fail "cannot write to $folder"
trap 'rm -f "$new"' EXIT
"$setup" generate-token --service pierre_admin_service --description "The admin web site" \
	--permissions provision_keys,list_keys,revoke_keys,update_key_limits,view_audit_logs,manage_users \
	--expires-in-days 365 >"$new"
[ -s "$new" ] || fail "admin-setup printed no token"
chmod 600 "$new"
mv "$new" "$file"
echo "The token is in $file. Start the site with MCP_ADMIN_TOKEN_FILE=$file"
