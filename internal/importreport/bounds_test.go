package importreport_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importreport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// At the bounds of what is listed nothing is left out, and nothing is said of more.
func TestAttentionAtItsBounds(t *testing.T) {
	var r pierre.ImportReport
	for i := range 20 {
		for n := range 5 {
			r.Files = append(r.Files, pierre.ImportRow{File: fmt.Sprintf("%d-%d.fit", i, n), Status: pierre.ImportFailed, Reason: fmt.Sprintf("reason %d", i)})
		}
	}
	got := written(t, r, importreport.Options{})
	if strings.Contains(got, "more") || strings.Count(got, ".fit") != 100 {
		t.Errorf("printed\n%s", got)
	}
	r.Files = append(r.Files, pierre.ImportRow{File: "last.fit", Status: pierre.ImportFailed, Reason: "another"})
	if got := written(t, r, importreport.Options{}); !strings.Contains(got, "… and 1 file more; --verbose") || strings.Contains(got, "last.fit") {
		t.Errorf("one more:\n%s", got)
	}
}

// A reason that is a failure of one file and a warning of another is told twice, and control characters are not sent on.
func TestNotesThatLookAlike(t *testing.T) {
	r := pierre.ImportReport{Files: []pierre.ImportRow{
		{File: "a.fit", Status: pierre.ImportImported, Warnings: []string{"odd\x1b[2J\nname", "odd\x1b[2J\nname"}},
		{File: "b.fit", Status: pierre.ImportFailed, Reason: "odd\x1b[2J\nname"},
	}}
	for _, verbose := range []bool{false, true} {
		got := written(t, r, importreport.Options{Verbose: verbose})
		if strings.Count(got, "odd?[2J?name") < 2 || strings.Contains(got, "\x1b") {
			t.Errorf("verbose %v:\n%s", verbose, got)
		}
	}
}

func TestWriteFails(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	if err := importreport.Write(w, pierre.ImportReport{}, importreport.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("err = %v", err)
	}
}

// Uploads tell of themselves at the same time; each line is whole.
func TestProgressFromManyUploads(t *testing.T) {
	var out bytes.Buffer
	var mu sync.Mutex
	var now time.Time
	tick := func() time.Time { // each look at the clock is long after the one before
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Minute)
		return now
	}
	items := []string{"a", "b", "c", "d"}
	p := importreport.NewProgress(&out, tick, items, 400)
	var uploads sync.WaitGroup
	for _, item := range items {
		uploads.Go(func() {
			for range 100 {
				p.Sent(1)
			}
			p.Progress(item, pierre.ImportProgress{FilesDone: 1, FilesTotal: 2})
			p.Done(item, 2)
		})
	}
	uploads.Wait()
	p.End()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if last := lines[len(lines)-1]; len(lines) != 408 || !strings.HasPrefix(last, "8 of 8 files") || strings.Contains(last, "sent") {
		t.Errorf("%d lines, the last %q", len(lines), last)
	}
	for _, line := range lines {
		if !strings.Contains(line, " file") || strings.Contains(line, "-") {
			t.Errorf("a line %q", line)
		}
	}
}
