#!/bin/sh
# Runs after the package was removed. /var/lib/pierre, with the database and the secrets, stays.
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
