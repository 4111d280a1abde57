package adminapi

import (
	"net/http"
	"net/url"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const maxYear = 9998 // RFC 3339 has no year after 9999, in which a day's end may lie

func (s *Server) report(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	params, err := web.Query(r, "start_date", "end_date")
	if err != nil {
		return err
	}
	from, to, err := spanOf(params, "start_date", "end_date", s.now())
	if err != nil {
		return err
	}
	id, err := keyID(r)
	if err != nil {
		return err
	}
	report, err := s.usage.Report(r.Context(), id, from, to)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, report)
}

// spanOf returns the time from start to end, the names of two parameters. A date is a day in UTC, and the end's day is
// included; a time is a moment, and the end's is not. Without an end it is now's day; without a start, the first day of
// the end's month.
func spanOf(params url.Values, start, end string, now time.Time) (from, to time.Time, err error) {
	last, text := now, params.Get(end)
	if text != "" {
		if last, err = moment(end, text); err != nil {
			return from, to, err
		}
	}
	to = last
	if text == "" || isDate(text) {
		_, to = pierre.PeriodDay.Window(last)
	}
	from, _ = pierre.PeriodMonth.Window(to.Add(-time.Microsecond))
	if text := params.Get(start); text != "" {
		if from, err = moment(start, text); err != nil {
			return from, to, err
		}
	}
	if !from.Before(to) {
		return from, to, pierre.Invalid(end, "%s must not be before %s.", end, start)
	}
	return from, to, nil
}

func isDate(s string) bool { return len(s) == len(time.DateOnly) }

func moment(field, s string) (time.Time, error) {
	layout := time.RFC3339
	if isDate(s) {
		layout = time.DateOnly
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Year() > maxYear {
		return t, pierre.Invalid(field, "%s must be a date such as 2024-01-31, or a time such as 2024-01-31T12:00:00Z (RFC 3339).", field)
	}
	return t.UTC(), nil
}

func (s *Server) tokenInfo(w http.ResponseWriter, _ *http.Request, caller pierre.AdminToken) error {
	return web.WriteJSON(w, http.StatusOK, TokenInfo{
		Success:     true,
		TokenID:     caller.ID,
		Service:     caller.Service,
		Description: caller.Description,
		Permissions: caller.Permissions,
		CreatedAt:   caller.Created.Truncate(time.Second),
		ExpiresAt:   instant(caller.Expires),
		LastUsedAt:  instant(caller.LastUsed),
	})
}
