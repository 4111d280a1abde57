//go:build e2e

package releases

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// beside runs a shell script on a copy of this machine that ends with it: an overlay over its files, in namespaces of
// its own. What is installed there is not installed here.
func beside(t *testing.T, script string, env ...string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("installing packages needs root")
	}
	need(t, "unshare", "util-linux")
	scratch := t.TempDir()
	const enter = `set -e
mount -t tmpfs tmpfs "$SCRATCH"
mkdir "$SCRATCH/upper" "$SCRATCH/work" "$SCRATCH/root" "$SCRATCH/upper/tmp"
chmod 1777 "$SCRATCH/upper/tmp"
cp -r "$PIERRE_DIST" "$SCRATCH/upper/tmp/dist"
mount -t overlay overlay -o "lowerdir=/,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" "$SCRATCH/root"
mount -t proc proc "$SCRATCH/root/proc"
mount --rbind /dev "$SCRATCH/root/dev"
exec chroot "$SCRATCH/root" sh -eux -c "$SCRIPT" 2>&1`
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--pid", "--fork", "sh", "-c", enter)
	cmd.Env = append(os.Environ(), "SCRATCH="+scratch, "SCRIPT="+script, "LC_ALL=C")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestDebianPackages installs, upgrades, removes and purges the packages, by dpkg.
func TestDebianPackages(t *testing.T) {
	_, version := dist(t)
	need(t, "dpkg", "dpkg")
	out := beside(t, `
cd /tmp/dist
dpkg -i mcp-client_"$VERSION"_linux_"$ARCH".deb pierre-server_"$VERSION"_linux_"$ARCH".deb
for program in mcp-client pierre-mcp-server pierre-admin-service admin-setup; do
	/usr/bin/$program version | grep -F "$program $VERSION ("
	test -s /usr/share/man/man1/$program.1.gz
	bash -n /usr/share/bash-completion/completions/$program
done
id pierre
for unit in pierre-mcp-server.service pierre-admin-service.service pierre-mcp-server-backup.timer pierre-admin-service-backup.timer; do
	test -s /usr/lib/systemd/system/$unit
done
test "$(stat -c '%a %U:%G' /etc/pierre /etc/pierre/server.env | tr '\n' ' ')" = '750 root:root 640 root:root '
dpkg -s pierre-server | grep -x 'Status: install ok installed'
for conf in $(dpkg-query -f '${Conffiles}' -W pierre-server | sed 's/ [0-9a-f]* *$//'); do stat -c '%a %U:%G %n' "$conf"; echo '# mine' >>"$conf"; done

# The server runs as its user, and keeps its data.
install -d -o pierre -g pierre -m 700 /var/lib/pierre
setpriv --reuid pierre --regid pierre --clear-groups env -i HOME=/var/lib/pierre PIERRE_DATA_DIR=/var/lib/pierre /usr/bin/pierre-mcp-server migrate
setpriv --reuid pierre --regid pierre --clear-groups env -i HOME=/var/lib/pierre PIERRE_DATA_DIR=/var/lib/pierre /usr/bin/admin-setup generate-token --service test --permissions list_keys >/dev/null
before=$(ls -A /var/lib/pierre | sort | cksum)

# The same again is an upgrade: what the operator wrote stays.
dpkg -i --force-confdef pierre-server_"$VERSION"_linux_"$ARCH".deb
for conf in $(dpkg-query -f '${Conffiles}' -W pierre-server | sed 's/ [0-9a-f]* *$//'); do grep -x '# mine' "$conf"; done

dpkg -r mcp-client pierre-server
! test -e /usr/bin/pierre-mcp-server
test "$before" = "$(ls -A /var/lib/pierre | sort | cksum)"
dpkg -P mcp-client pierre-server
test "$before" = "$(ls -A /var/lib/pierre | sort | cksum)"
! ls /usr/lib/systemd/system/pierre* 2>/dev/null
echo all went well`, "VERSION="+version, "ARCH="+runtime.GOARCH)
	if !strings.HasSuffix(out, "all went well\n") {
		t.Error(out)
	}
}

// TestRPMPackages lets rpm read the packages, install one into the copy, and remove it.
func TestRPMPackages(t *testing.T) {
	dir, version := dist(t)
	need(t, "rpm", "rpm")
	for _, name := range []string{"mcp-client", "pierre-server"} {
		for _, arch := range []string{"amd64", "arm64"} {
			file := filepath.Join(dir, name+"_"+version+"_linux_"+arch+".rpm")
			run(t, "rpm", "--checksig", "--nosignature", file)
			head := run(t, "rpm", "-qp", "--nosignature", "--qf", "%{NAME} %{LICENSE} %{ARCH} %{BUILDHOST}\n", file)
			if want := name + " MIT " + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch] + " pierre\n"; head != want {
				t.Errorf("%s says %q, want %q", file, head, want)
			}
		}
	}
	out := beside(t, `
cd /tmp/dist
export HOME=/root
rpm --initdb
rpm -i --nodeps --nosignature mcp-client_"$VERSION"_linux_"$ARCH".rpm pierre-server_"$VERSION"_linux_"$ARCH".rpm
rpm -V --nodeps mcp-client pierre-server
for program in mcp-client pierre-mcp-server pierre-admin-service admin-setup; do /usr/bin/$program version | grep -F "$program $VERSION ("; done
id pierre
mkdir -p /var/lib/pierre && echo x >/var/lib/pierre/data
rpm -e --nodeps mcp-client pierre-server
! test -e /usr/bin/pierre-mcp-server
test -e /var/lib/pierre/data
echo all went well`, "VERSION="+version, "ARCH="+runtime.GOARCH)
	if !strings.HasSuffix(out, "all went well\n") {
		t.Error(out)
	}
}
