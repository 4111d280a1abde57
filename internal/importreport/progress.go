package importreport

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Progress shows how far an upload is: a bar on a terminal, else a line per item.
type Progress struct {
	bar *progressbar.ProgressBar // nil: lines

	mu    sync.Mutex
	out   io.Writer
	items int
	done  int
}

// NewProgress returns the progress of sending items, shown on stderr.
func NewProgress(stderr io.Writer, items []importclient.Item) *Progress {
	p := &Progress{out: stderr, items: len(items)}
	if f, ok := stderr.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	total := int64(len(items)) // one more for each report, so that the bar is not full before the last
	for _, it := range items {
		total += it.Size
	}
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionSetDescription(p.count()),
		progressbar.OptionShowBytes(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
	)
	return p
}

func (p *Progress) count() string { return fmt.Sprintf("%d of %d", p.done, p.items) }

// Sent implements [importclient.Watcher].
func (p *Progress) Sent(n int64) {
	if p.bar != nil {
		_ = p.bar.Add64(n) // a bar that cannot be drawn must not end the upload
	}
}

// Done implements [importclient.Watcher].
func (p *Progress) Done(it importclient.Item, files int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.bar != nil {
		p.bar.Describe(p.count())
		_ = p.bar.Add64(1) // as in Sent
		return
	}
	fmt.Fprintf(p.out, "%s: %s, %s\n", p.count(), human.Line(it.Path), human.Plural(files, "file"))
}

// End makes room for the report.
func (p *Progress) End() {
	if p.bar != nil {
		_ = p.bar.Clear() // the report follows
	}
}

// Plan lists what would be sent.
func Plan(out io.Writer, items []importclient.Item, others int) error {
	var b bytes.Buffer
	var total int64
	for _, it := range items {
		total += it.Size
		as := ""
		if it.Files != nil {
			as = fmt.Sprintf(" (an account export: %s as one archive)", human.Plural(len(it.Files), "file"))
		}
		fmt.Fprintf(&b, "%9s  %s%s\n", human.Bytes(it.Size), human.Line(it.Path), as)
	}
	fmt.Fprintf(&b, "%s, %s, would be sent%s.\n", human.Plural(len(items), "upload"), human.Bytes(total), notSent(others))
	_, err := out.Write(b.Bytes())
	return err
}

// Report writes all rows and their sum.
func Report(out io.Writer, r pierre.ImportReport, others int) error {
	for _, row := range r.Files {
		if err := Row(out, row); err != nil {
			return err
		}
	}
	return Summary(out, r.Summary, notSent(others))
}

func notSent(others int) string {
	if others == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of other kinds left out", human.Plural(others, "file"))
}
