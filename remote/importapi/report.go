package importapi

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const ndjson = "application/x-ndjson"

// A report is the answer: one JSON document at the end, or, for who accepts
// NDJSON, a line for each file as soon as it is known. The last line is
// {"summary": …}, or {"error": …} with a problem document (RFC 9457) if the
// import could not go on; without such a line the answer was cut off.
type report struct {
	w       http.ResponseWriter
	stream  bool
	started bool
	files   []pierre.ImportRow
}

func newReport(w http.ResponseWriter, r *http.Request) *report {
	return &report{w: w, stream: accepts(r.Header.Values("Accept")), files: []pierre.ImportRow{}}
}

func accepts(headers []string) bool {
	for header := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		if media, params, err := mime.ParseMediaType(header); err == nil && media == ndjson && params["q"] != "0" {
			return true
		}
	}
	return false
}

// row reports on one file. Its error means that the client is gone.
func (p *report) row(row pierre.ImportRow) error {
	if !p.stream {
		p.files = append(p.files, row)
		return nil
	}
	return p.line(row)
}

// end completes the answer. It returns an err that can still be answered in the usual way.
func (p *report) end(sum pierre.ImportSummary, err error) error {
	if err != nil && !p.started {
		return err
	}
	if !p.stream {
		return web.WriteJSON(p.w, http.StatusOK, pierre.ImportReport{Files: p.files, Summary: sum})
	}
	var last any = struct {
		Summary pierre.ImportSummary `json:"summary"`
	}{sum}
	if err != nil {
		last = struct {
			Error web.Problem `json:"error"`
		}{web.ProblemOf(err)}
	}
	if err := p.line(last); err != nil && !p.started {
		return err
	}
	return nil // a client that is gone cannot be answered
}

func (p *report) line(v any) error {
	if !p.started {
		p.w.Header().Set("Content-Type", ndjson)
		p.started = true
	}
	// A client that does not read must not hold up the import, and its user's place, for ever.
	conn := http.NewResponseController(p.w)
	if err := conn.SetWriteDeadline(time.Now().Add(idleTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	defer conn.SetWriteDeadline(time.Time{}) //nolint:errcheck // as above; the connection may serve other requests
	if err := json.NewEncoder(p.w).Encode(v); err != nil {
		return err
	}
	return conn.Flush()
}
