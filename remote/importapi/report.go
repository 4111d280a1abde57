package importapi

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const ndjson = "application/x-ndjson"

// How often a streamed answer gets a line: when the progress has changed, and
// when it has not, so that no proxy takes the connection for dead.
const (
	progressInterval = 500 * time.Millisecond
	silenceLimit     = 3 * time.Second
)

// What a report lists. The rest is counted.
const (
	maxRefused     = 10_000   // files that are no activity, or not readable
	maxReportBytes = 16 << 20 // of all rows
)

// An answer is the response to an upload: one JSON document at the end, or, for
// clients that accept NDJSON, lines of progress ([pierre.ImportLine]) of which
// the last is the report, or says why there is none. Without such a line the
// answer was cut off.
type answer struct {
	w      http.ResponseWriter
	stream bool
	report pierre.ImportReport

	bytes   int // of all rows so far
	refused int

	ticking sync.WaitGroup
	stopped chan struct{}

	mu      sync.Mutex
	started bool // the response's header is sent
	now     pierre.ImportProgress
	changed bool // since the last line
	broken  error
}

// newAnswer returns an answer that reports progress until it is stopped.
func newAnswer(w http.ResponseWriter, r *http.Request) *answer {
	a := &answer{
		w: w, stream: accepts(r.Header.Values("Accept")), stopped: make(chan struct{}),
		report: pierre.ImportReport{Files: []pierre.ImportRow{}},
	}
	if a.stream {
		a.ticking.Go(a.tick)
	}
	return a
}

func accepts(headers []string) bool {
	for header := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		if media, params, err := mime.ParseMediaType(header); err == nil && media == ndjson && params["q"] != "0" {
			return true
		}
	}
	return false
}

// tick writes the progress from time to time.
func (a *answer) tick() {
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-a.stopped:
			return
		case now := <-ticker.C:
			if a.writeProgress(now.Sub(last) >= silenceLimit) {
				last = now
			}
		}
	}
}

// writeProgress writes a line if there is news or if it must, and reports whether it did.
func (a *answer) writeProgress(must bool) bool {
	a.mu.Lock()
	now, due := a.now, a.changed || must
	a.changed = false
	a.mu.Unlock()
	if due {
		a.line(pierre.ImportLine{Type: pierre.ImportLineProgress, ImportProgress: &now})
	}
	return due
}

// stop ends the reports of progress. The answer itself is still to come.
func (a *answer) stop() {
	close(a.stopped)
	a.ticking.Wait()
}

// progress notes how far the import is.
func (a *answer) progress(now pierre.ImportProgress) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now, a.changed = now, true
}

// row takes the report on one file. Its error means that the client is gone.
func (a *answer) row(row pierre.ImportRow) error {
	if a.fits(row) {
		a.report.Files = append(a.report.Files, row)
	} else {
		a.report.Omitted++
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken
}

// fits reports whether the row is listed: a report is for people and their programs, and stays in memory.
func (a *answer) fits(row pierre.ImportRow) bool {
	a.bytes += row.Size()
	if row.Status == pierre.ImportSkipped || row.Status == pierre.ImportFailed {
		a.refused++
	}
	return a.bytes <= maxReportBytes && (len(row.Activities) > 0 || a.refused <= maxRefused)
}

// end completes the answer. It returns an err that can still be answered in the usual way.
func (a *answer) end(sum pierre.ImportSummary, err error) error {
	if err != nil && !a.started {
		return err
	}
	a.report.Summary = sum
	if !a.stream {
		return web.WriteJSON(a.w, http.StatusOK, a.report)
	}
	last := pierre.ImportLine{Type: pierre.ImportLineReport, ImportReport: &a.report}
	if err != nil {
		p := web.ProblemOf(err)
		last = pierre.ImportLine{Type: pierre.ImportLineError, ImportFailure: &pierre.ImportFailure{
			Title: p.Title, Status: p.Status, Detail: p.Detail, Field: p.Field,
		}}
	}
	a.line(last)
	return nil // a client that is gone cannot be answered
}

// line writes v, unless an earlier line could not be written.
func (a *answer) line(v pierre.ImportLine) {
	if a.broken != nil { // only written below, by one goroutine after the other
		return
	}
	a.w.Header().Set("Content-Type", ndjson)
	err := a.write(v)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.started, a.broken = true, err
}

func (a *answer) write(v pierre.ImportLine) error {
	if err := json.NewEncoder(a.w).Encode(v); err != nil {
		return err
	}
	return http.NewResponseController(a.w).Flush()
}
