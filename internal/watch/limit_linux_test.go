package watch_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fewWatches is set where the test may write the limit of inotify, that of a user namespace of its own.
const fewWatches = "PIERRE_TEST_FEW_WATCHES"

const watchLimit = "/proc/sys/user/max_inotify_watches"

// Where the system lets nobody watch more folders, they are looked through instead, which the status says; once it does, all are
// watched again.
func TestLimitOfTheSystem(t *testing.T) {
	if os.Getenv(fewWatches) == "" {
		inUserNamespace(t)
		return
	}
	x := newSite(t)
	x.do(os.WriteFile(watchLimit, []byte("3"), 0o600))
	for _, name := range []string{"a/1.gpx", "b/2.gpx", "c/3.gpx", "d/4.gpx", "e/5.gpx"} {
		x.write(name, gpx(24*(int(name[0])-'a')))
	}
	opts := x.options()
	opts.Rescan = 50 * time.Millisecond
	x.start(opts)
	x.imported("1.gpx", "2.gpx", "3.gpx", "4.gpx", "5.gpx")
	x.until("the status says how it is watched", func() bool {
		s := x.status()
		return len(s.Folders) == 1 && s.Folders[0].State == "rescan" && strings.Contains(s.Folders[0].Why, "fs.inotify.max_user_watches")
	})
	x.write("e/6.gpx", gpx(24*6)) // in a folder without events
	x.imported("1.gpx", "2.gpx", "3.gpx", "4.gpx", "5.gpx", "6.gpx")
	if n := len(x.told("notice")); n != 1 {
		t.Errorf("it was told %d times", n)
	}
	x.do(os.WriteFile(watchLimit, []byte("1000"), 0o600))
	x.until("all is watched again", func() bool {
		s := x.status()
		return len(s.Folders) == 1 && s.Folders[0].State == "events" && s.Folders[0].Why == ""
	})
	x.write("e/7.gpx", gpx(24*7))
	x.imported("1.gpx", "2.gpx", "3.gpx", "4.gpx", "5.gpx", "6.gpx", "7.gpx")
	x.sentOnce()
}

// inUserNamespace runs the test again where it is root, of nobody else.
func inUserNamespace(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(cmd.Environ(), fewWatches+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if len(out) == 0 && err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI has to let users have namespaces:", err)
		}
		t.Skip("without a user namespace:", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}
