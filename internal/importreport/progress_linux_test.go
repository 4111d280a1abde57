package importreport_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pierre-mcp/pierre/internal/importreport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// On a terminal the progress is one line that is drawn again, and that makes room for the report.
func TestProgressOnATerminal(t *testing.T) {
	screen, terminal := pseudoTerminal(t)
	c := &clock{}
	p := importreport.NewProgress(terminal, c.now, []string{"export.zip"}, 0)
	c.t = c.t.Add(4 * time.Second)
	p.Progress("export.zip", pierre.ImportProgress{FilesDone: 400, FilesTotal: 1039, Current: "activities/\x1b[31m" + strings.Repeat("x", 200)})
	c.t = c.t.Add(time.Millisecond)
	p.Progress("export.zip", pierre.ImportProgress{FilesDone: 401, FilesTotal: 1039}) // too soon to be shown
	p.End()
	const want = "\r400 of 1,039 files, 6 s left  activities/?[31m"
	shown := readScreen(t, screen, "\r"+strings.Repeat(" ", 99)+"\r")
	if !strings.HasPrefix(shown, want) || strings.Contains(shown, "401") || strings.Contains(shown, "\n") {
		t.Errorf("the terminal showed %q, want %q", shown, want)
	}
	if line, _, _ := strings.Cut(shown[1:], "\r"); len([]rune(line)) != 99 {
		t.Errorf("the line has %d characters, want one less than the terminal's 100", len([]rune(line)))
	}
}

// readScreen reads what the terminal shows, up to an end.
func readScreen(t *testing.T, screen *os.File, end string) string {
	t.Helper()
	if err := screen.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	shown, buf := []byte{}, make([]byte, 4096)
	for !strings.HasSuffix(string(shown), end) {
		n, err := screen.Read(buf)
		if err != nil {
			t.Fatalf("the terminal showed %q, %v", shown, err)
		}
		shown = append(shown, buf[:n]...)
	}
	return string(shown)
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
