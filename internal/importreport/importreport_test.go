package importreport_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importreport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A clock stands still until it is set.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func written(t *testing.T, r pierre.ImportReport, opts importreport.Options) string {
	t.Helper()
	for _, row := range r.Files {
		r.Summary.Count(row)
	}
	var out strings.Builder
	if err := importreport.Write(&out, r, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func activity(sport pierre.Sport, year int) pierre.NewActivity {
	return pierre.NewActivity{Sport: sport, Start: time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)}
}

// Of an import that went well, only what was found is printed.
func TestWriteFound(t *testing.T) {
	r := pierre.ImportReport{Summary: pierre.ImportSummary{Activities: 5}, Files: []pierre.ImportRow{
		{File: "a.fit", Status: pierre.ImportImported, Added: []pierre.NewActivity{activity("run", 2026), activity("mountain_bike", 2014)}},
		{File: "b.fit", Status: pierre.ImportImported, Added: []pierre.NewActivity{activity("run", 2015), activity("strength_training", 2016), activity("transition", 2026)}},
		{File: "c.fit", Status: pierre.ImportDuplicate},
		{File: "photo.jpg", Status: pierre.ImportSkipped, Reason: "it is a photo"},
	}}
	const want = "5 new activities from 2014 to 2026: 2 runs, 1 mountain bike ride, 1 strength session, 1 transition.\n" +
		"4 files: 2 imported, 1 duplicate, 1 skipped, 0 failed; 2 files of other kinds left out.\n" +
		"Ask now: “How was my last run, compared with those before it?”\n"
	if got := written(t, r, importreport.Options{Others: 2}); got != want {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
	const every = "imported   a.fit\nimported   b.fit\nduplicate  c.fit\nskipped    photo.jpg\n             it is a photo\n5 new"
	if got := written(t, r, importreport.Options{Verbose: true}); !strings.HasPrefix(got, every) {
		t.Errorf("every file:\n%s", got)
	}
}

// What needs attention comes first, the same of several files together, and no end of it is not printed.
func TestWriteAttention(t *testing.T) {
	r := pierre.ImportReport{Files: []pierre.ImportRow{
		{File: "ok.fit", Status: pierre.ImportImported, Warnings: []string{"the checksum is wrong"}},
		{File: "a\x1b[2Jb.fit", Status: pierre.ImportFailed, Reason: "it is cut off"},
	}}
	for i := range 7 {
		r.Files = append(r.Files, pierre.ImportRow{File: fmt.Sprintf("%d.fit", i), Status: pierre.ImportFailed, Reason: "it is empty"})
	}
	const want = "failed     1 file: it is cut off\n             a?[2Jb.fit\n" +
		"failed     7 files: it is empty\n             0.fit\n             1.fit\n             2.fit\n             3.fit\n             4.fit\n" +
		"             … and 2 more; --verbose shows every file\n" +
		"warning    1 file: the checksum is wrong\n             ok.fit\n\nNo new activity.\n"
	if got := written(t, r, importreport.Options{}); !strings.HasPrefix(got, want) {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
	r.Files = nil
	for i := range 30 {
		r.Files = append(r.Files, pierre.ImportRow{File: "x", Status: pierre.ImportFailed, Reason: fmt.Sprintf("reason %d", i)})
	}
	if got := written(t, r, importreport.Options{}); strings.Count(got, "reason") != 20 || !strings.Contains(got, "… and 10 files more; --verbose") {
		t.Errorf("printed\n%s", got)
	}
}

func TestWriteNothingNew(t *testing.T) {
	again := pierre.ImportReport{Files: []pierre.ImportRow{{File: "a.fit", Status: pierre.ImportDuplicate}}}
	if got := written(t, again, importreport.Options{}); !strings.HasPrefix(got, "No new activity: what these files hold was there already.\n1 file: ") || strings.Contains(got, "Ask") {
		t.Errorf("printed\n%s", got)
	}
	// A server of an earlier version does not say what is new.
	old := pierre.ImportReport{Summary: pierre.ImportSummary{Activities: 1}, Files: []pierre.ImportRow{{File: "a.fit", Status: pierre.ImportImported}}}
	if got := written(t, old, importreport.Options{}); !strings.HasPrefix(got, "1 new activity.\n") {
		t.Errorf("printed\n%s", got)
	}
	one := pierre.ImportReport{Summary: pierre.ImportSummary{Activities: 1}, Files: []pierre.ImportRow{
		{File: "a.fit", Status: pierre.ImportImported, Added: []pierre.NewActivity{activity("other", 2026)}},
	}}
	if got := written(t, one, importreport.Options{}); !strings.HasPrefix(got, "1 new activity in 2026: 1 other activity.\n") || !strings.Contains(got, "What did I do last") {
		t.Errorf("printed\n%s", got)
	}
}

func TestFailed(t *testing.T) {
	if err := importreport.Failed(pierre.ImportSummary{Files: 1, Failed: 1}); err == nil || err.Error() != "1 of 1 file failed" {
		t.Errorf("err = %v", err)
	}
	if err := importreport.Failed(pierre.ImportSummary{Files: 4}); err != nil {
		t.Errorf("err = %v", err)
	}
}

// Where there is no terminal, progress is a line from time to time.
func TestProgressLines(t *testing.T) {
	var out bytes.Buffer
	c := &clock{}
	p := importreport.NewProgress(&out, c.now, []string{"export.zip", "a.fit"}, 3000)
	at := func(seconds int) { c.t = time.Time{}.Add(time.Duration(seconds) * time.Second) }
	next := func() string {
		line := out.String()
		out.Reset()
		return line
	}

	at(1)
	p.Sent(1000)
	if got := next(); got != "" {
		t.Errorf("after a second: %q", got)
	}
	at(5)
	p.Sent(500)
	if got := next(); got != "0 files, 1.5 kB of 3.0 kB sent\n" {
		t.Errorf("while sending: %q", got)
	}
	p.Progress("export.zip", pierre.ImportProgress{FilesDone: 50, FilesTotal: 99})
	p.Done("a.fit", 1)
	at(10)
	p.Sent(0)
	if got := next(); got != "51 of 100 files, 1.5 kB of 3.0 kB sent, 10 s left\n" {
		t.Errorf("sending is slower: %q", got)
	}
	p.Sent(1500)
	at(20)
	p.Progress("export.zip", pierre.ImportProgress{FilesDone: 74, FilesTotal: 99})
	if got := next(); got != "75 of 100 files, 7 s left\n" {
		t.Errorf("the server's work: %q", got)
	}
	at(30)
	p.Sent(-3000)
	if got := next(); got != "75 of 100 files, 0 bytes of 3.0 kB sent\n" {
		t.Errorf("again from the start: %q", got)
	}
	p.Sent(3000)
	at(40)
	p.Progress("export.zip", pierre.ImportProgress{FilesDone: 80}) // the total is not known
	if got := next(); got != "81 files\n" {
		t.Errorf("an unknown total: %q", got)
	}
	p.End()
	if got := next(); got != "" {
		t.Errorf("at the end: %q", got)
	}
}

// What is new besides activities is not said to have been there.
func TestOnlyAPlanIsNew(t *testing.T) {
	r := pierre.ImportReport{Summary: pierre.ImportSummary{Files: 2, Imported: 1, Duplicate: 1}}
	if got := written(t, r, importreport.Options{}); !strings.HasPrefix(got, "No new activity.\n") {
		t.Errorf("%s", got)
	}
}
