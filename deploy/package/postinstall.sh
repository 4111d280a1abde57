#!/bin/sh
# Runs after the package was installed or upgraded, on Debian and on RPM systems alike.
set -e

# The user that the services run as. It stays when the package is removed, because its files do.
if ! getent passwd pierre >/dev/null; then
	useradd --system --user-group --home-dir /var/lib/pierre --no-create-home --shell /usr/sbin/nologin pierre
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# An upgrade: what runs is the old program until it is restarted.
	systemctl try-restart pierre-mcp-server.service pierre-admin-service.service
fi
