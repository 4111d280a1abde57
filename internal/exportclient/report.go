package exportclient

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/human"
)

// A Report is what a command says of an archive that it made.
type Report struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
	exportfile.Manifest
}

// Write prints the report for people or, as JSON, for programs.
func (r Report) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return cli.WriteJSON(w, r)
	}
	if r.Damaged > 0 {
		fmt.Fprintf(w, "%s: damaged on the server, and not in the archive. activities.jsonl says which (original_damaged); a FIT file of what is kept stands in its place.\n", human.Plural(r.Damaged, "original file"))
	}
	_, err := fmt.Fprintf(w, "%s (%s): %s, %s of days, and the rest of what is kept of you.\nImport it into another server with: mcp-client import %s\n",
		r.File, human.Bytes(r.Bytes), human.Plural(r.Activities, "activity"), human.Plural(r.Values, "value"), r.File)
	return err
}

// A Progress shows how much was written, on a terminal, and passes it on.
type Progress struct {
	to    io.Writer
	shown io.Writer // nil: no terminal
	now   func() time.Time
	last  time.Time
	bytes int64
}

// NewProgress returns a writer to w that shows its progress on out if that is a terminal.
func NewProgress(w, out io.Writer, now func() time.Time) *Progress {
	p := &Progress{to: w, now: now, last: now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.shown = out
	}
	return p
}

// Write implements [io.Writer].
func (p *Progress) Write(b []byte) (int, error) {
	const redraw = 100 * time.Millisecond
	n, err := p.to.Write(b)
	p.bytes += int64(n)
	if now := p.now(); p.shown != nil && now.Sub(p.last) >= redraw {
		p.last = now
		fmt.Fprintf(p.shown, "\r%s  ", human.Bytes(p.bytes))
	}
	return n, err
}

// End makes room for the report.
func (p *Progress) End() {
	if p.shown != nil {
		fmt.Fprint(p.shown, "\r                    \r")
	}
}
