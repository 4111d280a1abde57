package adminapi

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

func (s *Server) audit(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	params, err := web.Query(r, "actor", "action", "target", "from", "to", "format", "limit", "cursor")
	if err != nil {
		return err
	}
	q, err := auditQuery(params)
	if err != nil {
		return err
	}
	page, err := s.store.AuditLog(r.Context(), q)
	if err != nil {
		return err
	}
	answer := AuditPage{Success: true, Entries: make([]AuditEntry, len(page.Entries)), NextCursor: orNull(page.NextCursor)}
	for i, e := range page.Entries {
		answer.Entries[i] = viewOfEntry(e)
	}
	if params.Get("format") == "csv" {
		return answerCSV(w, answer)
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func auditQuery(params url.Values) (pierre.AuditQuery, error) {
	q := pierre.AuditQuery{Actor: params.Get("actor"), Action: params.Get("action"), Target: params.Get("target"), Cursor: params.Get("cursor")}
	var err error
	if from := params.Get("from"); from != "" {
		if q.From, err = moment("from", from); err != nil {
			return q, err
		}
	}
	if to := params.Get("to"); to != "" {
		if q.To, err = moment("to", to); err != nil {
			return q, err
		}
		if isDate(to) { // its day is included
			_, q.To = pierre.PeriodDay.Window(q.To)
		}
	}
	if f := params.Get("format"); f != "" && f != "json" && f != "csv" {
		return q, pierre.Invalid("format", "format must be json or csv, not %.40q.", f)
	}
	q.Limit, err = web.PageSize(params)
	return q, err
}

func viewOfEntry(e pierre.AuditEntry) AuditEntry {
	shown := AuditEntry{
		Seq: e.Seq, At: e.At, Actor: e.Actor, Person: orNull(e.Person), Action: e.Action, Target: e.Target, Details: json.RawMessage(e.Details),
	}
	if e.Place > 0 {
		shown.Place, shown.Hash = &e.Place, new(hex.EncodeToString(e.Hash))
	}
	return shown
}

// cursorHeader has the cursor of the next page of a table, which has no place for it.
const cursorHeader = "Next-Cursor"

func answerCSV(w http.ResponseWriter, page AuditPage) error {
	table := [][]string{{"seq", "at", "actor", "person", "action", "target", "details", "place", "hash"}}
	for _, e := range page.Entries {
		var person, place, hash string
		if e.Person != nil {
			person = *e.Person
		}
		if e.Place != nil {
			place, hash = strconv.FormatInt(*e.Place, 10), *e.Hash
		}
		table = append(table, []string{
			strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), e.Actor, person, e.Action, e.Target, string(e.Details), place, hash,
		})
	}
	if page.NextCursor != nil {
		w.Header().Set(cursorHeader, *page.NextCursor)
	}
	return web.WriteCSV(w, "audit.csv", table)
}
