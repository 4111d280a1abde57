package importapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// healthName is what reports call the body of a request, which has no name.
const healthName = "health.json"

// health imports what the app Health Auto Export sends. It is an import like others, whose answer begins with a sentence for the
// app's log.
func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	who, err := s.callers.Caller(r)
	if err != nil {
		return err
	}
	most := min(s.opts.MaxBytes, activityfile.HealthBytes)
	if r.ContentLength > most {
		return tooMuchHealth(most)
	}
	if isForm(r) {
		return notHealth()
	}
	leave, err := s.enter(who)
	if err != nil {
		return err
	}
	defer leave()
	file, size, err := s.receive(w, r, most)
	if pierre.KindOf(err) == pierre.KindTooLarge {
		return tooMuchHealth(most)
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read since it was complete
	if !activityfile.IsHealth(file, size) {
		return notHealth()
	}
	r.Header.Del("Accept") // the app reads one document
	out := newAnswer(w, r)
	sum, err := s.run(r.Context(), who.UserID, activityfile.NewSource(healthName, file, size), out)
	out.stop()
	s.log(r.Context(), who.UserID, size, sum, err)
	switch {
	case r.Context().Err() != nil:
		return ended(r.Context(), w, out)
	case err != nil:
		return err
	case sum.Failed > 0 && sum.Imported+sum.Duplicate == 0:
		return damagedHealth(out.report.Files)
	}
	out.report.Summary = sum
	return web.WriteJSON(w, http.StatusOK, pierre.HealthReport{Message: healthText(out.report), ImportReport: out.report})
}

// ended returns how the request is answered that was ended before its import was: by nothing if the client is gone.
func ended(ctx context.Context, w http.ResponseWriter, out *answer) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, web.ErrStopping) && !out.started {
		w.Header().Set("Retry-After", "5")
		return cause
	}
	return nil // the client is gone, or has an answer without an end, which tells it to send the upload again
}

func notHealth() error {
	return pierre.Invalid("body", "This is not what the app Health Auto Export sends. In its automation, set Export Format to JSON and the data type to Health Metrics or Workouts. Files of other kinds go to /api/import.")
}

func tooMuchHealth(most int64) error {
	return &pierre.Error{
		Kind: pierre.KindTooLarge,
		Msg:  fmt.Sprintf("This is over the limit of %s. In the app's automation, set Summarize Data to on and Time Grouping to Day, choose a shorter date range, or switch Batch Requests on.", inWords(most)),
	}
}

// damagedHealth says why nothing of a document was readable.
func damagedHealth(rows []pierre.ImportRow) error {
	for _, row := range rows {
		if row.Status == pierre.ImportFailed {
			return pierre.Invalid("body", "Nothing was kept of %s: %s. Send it again.", row.File, row.Reason)
		}
	}
	return pierre.Invalid("body", "Nothing of it was readable. Send it again.")
}

// healthText says in a sentence or two what became of a request.
func healthText(r pierre.ImportReport) string {
	values, first, last := 0, "", ""
	var left []string
	for _, row := range r.Files {
		for _, d := range row.Days {
			values += d.Days
			if first == "" || d.First < first {
				first = d.First
			}
			last = max(last, d.Last)
		}
		left = append(left, row.Warnings...)
		if row.Status == pierre.ImportFailed {
			left = append(left, row.File+": "+row.Reason)
		}
	}
	var parts []string
	if values > 0 {
		parts = append(parts, fmt.Sprintf("%s of days from %s to %s, of which %s new or changed", human.Plural(values, "value"), first, last, human.Count(r.Summary.Values)))
	}
	if n := r.Summary.Activities; n > 0 {
		parts = append(parts, human.Plural(n, "new activity"))
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing new")
	}
	text := "Received: " + strings.Join(parts, "; ") + "."
	if len(left) > 0 {
		text += " Left out: " + strings.Join(left, "; ") + "."
	}
	return text
}
