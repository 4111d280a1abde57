package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// On a terminal the progress is a bar on one line, which the report replaces.
func TestImportBar(t *testing.T) {
	url, dir := importServer(t), recordings(t)
	screen, terminal := pseudoTerminal(t)
	code, _ := client(t, terminal, "import", "--url", url, dir)
	if err := screen.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	shown, buf := []byte{}, make([]byte, 4096)
	for !bytes.Contains(shown, []byte("3 of 4")) {
		n, err := screen.Read(buf)
		if err != nil {
			t.Fatalf("exit %d, the terminal showed %q, %v; want a bar that counts the uploads", code, shown, err)
		}
		shown = append(shown, buf[:n]...)
	}
	if code != 0 || strings.Contains(string(shown), "\n") || !strings.Contains(string(shown), "% |") {
		t.Errorf("exit %d, the terminal showed %q, want a bar on one line", code, shown)
	}
}

func pseudoTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	screen = os.NewFile(uintptr(fd), "/dev/ptmx")
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	return screen, terminal
}
