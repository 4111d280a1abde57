package staff

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// ServerAudit reads the server's audit log, see [adminapi.Client].
type ServerAudit interface {
	Audit(ctx context.Context, f adminapi.AuditFilter) (adminapi.AuditPage, error)
}

const (
	auditRows   = 50
	exportRows  = 10_000
	exportPage  = 200 // entries of the server's log at once, the most that it gives
	atSite      = "site"
	atServer    = "server"
	auditCursor = time.RFC3339Nano
)

// An AuditRow is an entry of the site's or the server's audit log, as the export has it.
type AuditRow struct {
	At      time.Time       `json:"at"`
	Where   string          `json:"where"`           // site or server
	Who     string          `json:"who"`             // a person, or what acted without one
	Token   string          `json:"token,omitempty"` // of the server: with which admin token
	Action  string          `json:"action"`
	Target  string          `json:"target"`
	Details json.RawMessage `json:"details"`
	Seq     int64           `json:"seq"` // in its log
}

// Summary returns the details for people, such as "role: owner".
func (r AuditRow) Summary() string {
	var members map[string]any
	if json.Unmarshal(r.Details, &members) != nil {
		return string(r.Details)
	}
	parts := make([]string, 0, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		if _, text := value.(string); !text {
			b, _ := json.Marshal(value) //nolint:errchkjson // it was read from JSON
			value = string(b)
		}
		parts = append(parts, fmt.Sprintf("%s: %s", strings.ReplaceAll(name, "_", " "), value))
	}
	return strings.Join(parts, ", ")
}

// auditData is what the page staff/audit shows.
type auditData struct {
	Rows    []AuditRow
	Filter  auditFilter
	CSV     string // where all that the filter finds is, as a table
	JSON    string // the same, as JSON
	Pages   ui.Pages
	Trouble string // why entries of the server are missing; "": they are there
}

// An auditFilter is what the page's parameters say.
type auditFilter struct {
	Who, Action, Target, Where string
	From, To                   string // dates
	from, to                   time.Time
}

func (f auditFilter) values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"who": f.Who, "action": f.Action, "target": f.Target, "where": f.Where, "from": f.From, "to": f.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// files returns where all that the filter finds is, as a table and as JSON.
func (f auditFilter) files() (csv, json string) {
	q := f.values()
	csv = "/admin/audit/export?" + q.Encode()
	q.Set("format", "json")
	return csv, "/admin/audit/export?" + q.Encode()
}

const maxFilter = 200 // bytes

func auditFilterOf(q url.Values) (f auditFilter, err error) {
	for name, into := range map[string]*string{"who": &f.Who, "action": &f.Action, "target": &f.Target, "where": &f.Where, "from": &f.From, "to": &f.To} {
		switch *into = q.Get(name); {
		case len(*into) > maxFilter:
			return f, pierre.Invalid(name, "At most %d characters.", maxFilter)
		case !utf8.ValidString(*into) || strings.ContainsFunc(*into, unicode.IsControl):
			return f, pierre.Invalid(name, "There are characters in it that no entry has.")
		}
	}
	for _, date := range []struct {
		name, text string
		into       *time.Time
	}{{"from", f.From, &f.from}, {"to", f.To, &f.to}} {
		if date.text == "" {
			continue
		}
		if *date.into, err = time.Parse(time.DateOnly, date.text); err != nil {
			return f, pierre.Invalid(date.name, "Write dates such as 2026-10-31.")
		}
	}
	if f.To != "" {
		f.to = f.to.AddDate(0, 0, 1) // the day is included
	}
	return f, nil
}

func (s *Service) auditPage(w http.ResponseWriter, r *http.Request) error {
	f, err := auditFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	page := f
	if cursor := r.URL.Query().Get("cursor"); cursor != "" {
		if page.to, err = time.Parse(auditCursor, cursor); err != nil {
			return pierre.Invalid("cursor", "This page does not exist; begin with the first one.")
		}
	}
	d := auditData{Filter: f}
	d.CSV, d.JSON = f.files()
	rows, err := s.auditMoments(r.Context(), page)
	theirs, away := errors.AsType[serverError](err)
	switch {
	case away && (len(rows) > 0 || f.Where != atServer):
		d.Trouble = theirs.said.Msg
	case err != nil:
		return err
	}
	var next string
	if d.Rows, next = cutAtMoment(rows, auditRows); next == "" && !theirs.since.IsZero() {
		next = theirs.since.UTC().Format(auditCursor)
	}
	d.Pages = ui.PagesOf(r, next, "")
	return s.pages.Page(w, r, http.StatusOK, "staff/audit", d)
}

// A serverError says why the server's log cannot be read, or not all of it.
type serverError struct {
	said  *pierre.Error
	since time.Time // it was read from here on; zero: none of it, or all up to where it ended
}

// Error implements error.
func (e serverError) Error() string { return e.said.Error() }

// Unwrap returns what it says.
func (e serverError) Unwrap() error { return e.said }

func serverErrorOf(err error) serverError {
	text := "The server cannot be reached: its own entries are missing here."
	if e, answered := errors.AsType[*adminapi.Error](err); answered {
		switch e.Status {
		case http.StatusBadRequest, http.StatusUnprocessableEntity:
			return serverError{said: &pierre.Error{Kind: pierre.KindInvalid, Field: e.Field, Msg: e.Detail, Err: err}}
		case http.StatusUnauthorized, http.StatusForbidden:
			text = "The server does not let this site's token read its log: its own entries are missing here."
		default:
			text = "The server cannot read its log at the moment: its own entries are missing here."
		}
	}
	return serverError{said: &pierre.Error{Kind: pierre.KindUnavailable, Msg: text, Err: err}}
}

// auditMoments returns rows of which cutAtMoment makes a page: all of the last moment on it are among them.
func (s *Service) auditMoments(ctx context.Context, f auditFilter) (rows []AuditRow, err error) {
	for limit := auditRows; ; limit *= 2 {
		if rows, err = s.auditRows(ctx, f, limit); err != nil || len(rows) < auditRows || limit >= exportRows {
			return rows, err
		}
		read, end := map[string]int{}, map[string]time.Time{}
		for _, r := range rows {
			read[r.Where], end[r.Where] = read[r.Where]+1, r.At
		}
		whole := func(where string) bool { return read[where] <= limit || end[where].Before(rows[auditRows-1].At) }
		if whole(atSite) && whole(atServer) {
			return rows, nil
		}
	}
}

// cutAtMoment returns the first rows, whole moments only, and the moment before which the next page begins, "" if there is
// none: two logs have no common numbers, so pages go by time.
func cutAtMoment(rows []AuditRow, limit int) (page []AuditRow, next string) {
	if len(rows) < limit {
		return rows, ""
	}
	last := rows[limit-1].At
	n := limit
	for n < len(rows) && rows[n].At.Equal(last) {
		n++
	}
	return rows[:n], last.UTC().Format(auditCursor)
}

// auditRows returns the newest entries of both logs that the filter wants, newest first. If the server's cannot be read, it
// returns what there is and a [serverError].
func (s *Service) auditRows(ctx context.Context, f auditFilter, limit int) ([]AuditRow, error) {
	rows := []AuditRow{}
	if f.Where != atServer {
		list, err := s.db.AuditLog(ctx, db.AuditQuery{Person: f.Who, Action: f.Action, Target: f.Target, From: f.from, To: f.to, Limit: limit + 1})
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			rows = append(rows, AuditRow{At: e.At, Where: atSite, Who: e.Person, Action: e.Action, Target: e.Target, Details: json.RawMessage(e.Details), Seq: e.Seq})
		}
	}
	var trouble error
	if f.Where != atSite && s.opts.Audit != nil {
		var theirs []AuditRow
		theirs, trouble = s.serverRows(ctx, f, limit+1)
		rows = append(rows, theirs...)
	}
	if part, ok := errors.AsType[serverError](trouble); ok {
		// What the site did before belongs to a later page, where the server's part of that time is, too.
		rows = slices.DeleteFunc(rows, func(row AuditRow) bool { return row.At.Before(part.since) })
	}
	slices.SortStableFunc(rows, func(a, b AuditRow) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) })
	return rows, trouble
}

// serverRows reads the server's log until there are enough entries: it can be filtered by everything but the person.
func (s *Service) serverRows(ctx context.Context, f auditFilter, limit int) (rows []AuditRow, err error) {
	q := adminapi.AuditFilter{Action: f.Action, Target: f.Target, From: f.from, To: f.to, Limit: min(limit, exportPage)}
	pages := max(40, limit/q.Limit+10) // a person who did nothing is looked for no further
	var since time.Time
	for range pages {
		page, err := s.opts.Audit.Audit(ctx, q)
		if err != nil {
			return rows, serverErrorOf(err)
		}
		for _, e := range page.Entries {
			since = e.At
			row := AuditRow{At: e.At, Where: atServer, Who: e.Actor, Action: e.Action, Target: e.Target, Details: e.Details, Seq: e.Seq}
			if e.Person != nil {
				row.Who, row.Token = *e.Person, e.Actor
			}
			if f.Who == "" || f.Who == row.Who || f.Who == row.Token {
				rows = append(rows, row)
			}
		}
		if page.NextCursor == nil || len(rows) >= limit {
			return rows[:min(len(rows), limit)], nil
		}
		q.Cursor = *page.NextCursor
	}
	return rows, serverError{pierre.Invalid("who", "The server's log has too many entries to look for one person in all of them. Choose a shorter time."), since}
}

// exportAudit answers with all that the filter wants, as CSV or JSON: the whole of it or nothing.
func (s *Service) exportAudit(w http.ResponseWriter, r *http.Request) error {
	f, err := auditFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	rows, err := s.auditRows(r.Context(), f, exportRows)
	if err != nil {
		return err
	}
	if len(rows) > exportRows {
		return pierre.Invalid("from", "More than %d entries were found. Choose a shorter time, and make a file of each.", exportRows)
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Query().Get("format") == "json" {
		w.Header().Set("Content-Disposition", `attachment; filename="audit.json"`)
		return web.WriteJSON(w, http.StatusOK, rows)
	}
	table := [][]string{{"at", "where", "who", "token", "action", "target", "details"}}
	for _, e := range rows {
		table = append(table, []string{e.At.UTC().Format(time.RFC3339Nano), e.Where, e.Who, e.Token, e.Action, e.Target, string(e.Details)})
	}
	return web.WriteCSV(w, "audit.csv", table)
}
