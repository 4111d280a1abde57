package importreport

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	// How often progress is shown: on a terminal, and elsewhere, where each time is a line.
	redrawInterval = 100 * time.Millisecond
	lineInterval   = 5 * time.Second
	// settleTime is how long a rate is measured before a time is promised from it.
	settleTime   = 2 * time.Second
	defaultWidth = 80
)

// A Progress shows how far an import is, in files and in bytes sent: one line on a
// terminal, else a line from time to time. It is safe for concurrent use.
type Progress struct {
	out      io.Writer
	terminal *os.File // nil: out is none
	now      func() time.Time

	mu     sync.Mutex
	begin  time.Time
	shown  time.Time
	bytes  int64 // to send; 0: nothing is sent
	sent   int64
	items  map[string]pierre.ImportProgress
	ended  map[string]bool
	drawn  int // characters of the line on the terminal
	latest string
}

// NewProgress returns the progress of importing items, known by their paths, of so
// many bytes that are sent to a server; 0 if they are read where they are.
func NewProgress(out io.Writer, now func() time.Time, items []string, bytes int64) *Progress {
	p := &Progress{
		out: out, now: now, begin: now(), shown: now(), bytes: bytes,
		items: map[string]pierre.ImportProgress{}, ended: map[string]bool{},
	}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = f
	}
	for _, item := range items {
		p.items[item] = pierre.ImportProgress{}
	}
	return p
}

// Sent counts bytes; less than 0 if they have to be sent again.
func (p *Progress) Sent(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent += n
	p.show()
}

// Progress notes how far the work on an item is.
func (p *Progress) Progress(item string, now pierre.ImportProgress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items[item] = now
	p.latest = now.Current
	p.show()
}

// Done notes that an item's files are reported.
func (p *Progress) Done(item string, files int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items[item] = pierre.ImportProgress{FilesDone: files, FilesTotal: files}
	p.ended[item] = true
	p.show()
}

// End makes room for the report.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn > 0 {
		p.draw("")
		fmt.Fprint(p.out, "\r")
	}
}

// show writes the state if the last time is long enough ago.
func (p *Progress) show() {
	interval := lineInterval
	if p.terminal != nil {
		interval = redrawInterval
	}
	now := p.now()
	if now.Sub(p.shown) < interval {
		return
	}
	p.shown = now
	line := p.line(now)
	if p.terminal == nil {
		fmt.Fprintln(p.out, line)
		return
	}
	width := defaultWidth
	if w, _, err := term.GetSize(int(p.terminal.Fd())); err == nil && w > 0 {
		width = w
	}
	if p.latest != "" {
		line += "  " + human.Line(p.latest)
	}
	p.draw(clip(line, width-1))
}

// draw writes a line over the one that is there. Spaces cover its rest: not every terminal of Windows knows escape sequences.
func (p *Progress) draw(line string) {
	n := utf8.RuneCountInString(line)
	fmt.Fprint(p.out, "\r"+line+strings.Repeat(" ", max(0, p.drawn-n)))
	p.drawn = n
}

// clip shortens a line to a terminal's width.
func clip(line string, width int) string {
	if r := []rune(line); len(r) > width {
		return string(r[:max(0, width-1)]) + "…"
	}
	return line
}

// line is the state in words: "412 of 1,039 files, 38 s left".
func (p *Progress) line(now time.Time) string {
	done, total, known := p.files()
	parts := []string{human.Plural(done, "file")}
	if known {
		parts[0] = fmt.Sprintf("%s of %s", human.Count(done), human.Plural(total, "file"))
	}
	if p.sent < p.bytes {
		parts = append(parts, fmt.Sprintf("%s of %s sent", human.Bytes(max(0, p.sent)), human.Bytes(p.bytes)))
	}
	if left, ok := p.left(now, done, total, known); ok {
		parts = append(parts, human.Duration(left)+" left")
	}
	return strings.Join(parts, ", ")
}

// files counts the files; known if the total is.
func (p *Progress) files() (done, total int, known bool) {
	known = true
	for item, now := range p.items {
		done += now.FilesDone
		total += now.FilesTotal
		known = known && (now.FilesTotal > 0 || p.ended[item])
	}
	return done, total, known
}

// left is how long the rest takes at the rate so far: the slower of sending and of the work on files counts.
func (p *Progress) left(now time.Time, done, total int, known bool) (time.Duration, bool) {
	since := now.Sub(p.begin)
	if since < settleTime || p.sent < p.bytes && p.sent <= 0 || !known || done == 0 {
		return 0, false
	}
	left := time.Duration(float64(since) * float64(total-done) / float64(done))
	if p.sent < p.bytes {
		left = max(left, time.Duration(float64(since)*float64(p.bytes-p.sent)/float64(p.sent)))
	}
	return left.Round(time.Second), true
}
