#!/bin/sh
# Runs before the package is removed, or before an upgrade. Debian says which in a word, RPM by how many versions stay.
set -e
case ${1:-} in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now pierre-mcp-server.service pierre-admin-service.service \
			pierre-mcp-server-backup.timer pierre-admin-service-backup.timer
	fi
	;;
esac
