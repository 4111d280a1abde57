package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A RequestFilter says which requests are wanted. The zero RequestFilter is the first page of all, the oldest first.
type RequestFilter struct {
	State  RequestState // "": any
	Text   string       // in the address or the company; "": any
	Newest bool         // the newest first
	Limit  int          // of a page
	Cursor string       // of the page before; "": the first page
}

// A RequestPage is a page of requests.
type RequestPage struct {
	Requests []Request
	Next     string // cursor of the next page, "" on the last one
}

// Requests returns a page of requests.
func (db *DB) Requests(ctx context.Context, f RequestFilter) (RequestPage, error) {
	where, args := []string{"TRUE"}, []any{}
	add := func(text string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			text = strings.Replace(text, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		where = append(where, text)
	}
	if f.State != "" {
		add(`state = ?`, f.State)
	}
	if f.Text != "" {
		part := "%" + escapeLike(strings.ToLower(f.Text)) + "%"
		if key := companyKey(f.Text); strings.ContainsFunc(key, func(r rune) bool { return r > unicode.MaxASCII }) {
			// SQLite's lower() knows the letters of ASCII only.
			add(`(lower(company) LIKE ? ESCAPE '!' OR company_key LIKE ?)`, part, "%"+key+"%")
		} else {
			add(`(lower(email) LIKE ? ESCAPE '!' OR lower(company) LIKE ? ESCAPE '!')`, part, part)
		}
	}
	order, beyond := "created_us, id", ">"
	if f.Newest {
		order, beyond = "created_us DESC, id DESC", "<"
	}
	if f.Cursor != "" {
		at, id, err := parseRequestCursor(f.Cursor)
		if err != nil {
			return RequestPage{}, err
		}
		add(`(created_us, id) `+beyond+` (?, ?)`, at, id)
	}
	args = append(args, f.Limit+1)
	list, err := db.requests(ctx, strings.Join(where, " AND ")+" ORDER BY "+order+" LIMIT $"+strconv.Itoa(len(args)), args...)
	if err != nil || len(list) <= f.Limit {
		return RequestPage{Requests: list}, err
	}
	last := list[f.Limit-1]
	return RequestPage{list[:f.Limit], fmt.Sprintf("%d.%s", last.Created.UnixMicro(), last.ID)}, nil
}

func parseRequestCursor(cursor string) (at int64, id string, err error) {
	text, id, ok := strings.Cut(cursor, ".")
	if at, err = strconv.ParseInt(text, 10, 64); err != nil || !ok {
		return 0, "", pierre.Invalid("cursor", "This page's address is not one that the page before gave; start again with the first page.")
	}
	return at, id, nil
}

// escapeLike makes text stand for itself in a pattern of LIKE … ESCAPE '!'.
func escapeLike(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}

// A RequestCount is how many requests are in a state, and since when the oldest of them.
type RequestCount struct {
	N      int64
	Oldest time.Time
}

// CountRequests returns how many requests are in each state.
func (db *DB) CountRequests(ctx context.Context) (map[RequestState]RequestCount, error) {
	rows, err := db.Query(ctx, `SELECT state, COUNT(*), MIN(created_us) FROM portal_requests GROUP BY state`)
	if err != nil {
		return nil, db.Classify(err, "counting requests")
	}
	defer rows.Close()
	counts := map[RequestState]RequestCount{}
	for rows.Next() {
		var state RequestState
		var c RequestCount
		if err := rows.Scan(&state, &c.N, when(&c.Oldest)); err != nil {
			return nil, db.Classify(err, "counting requests")
		}
		counts[state] = c
	}
	return counts, db.Classify(rows.Err(), "counting requests")
}

// A RequestEvent is one thing that happened to a request.
type RequestEvent struct {
	At      time.Time
	Actor   string // the e-mail address of somebody of the staff, or who else it was
	Action  string
	Details string
}

// AddRequestEvent adds to what happened to a request.
func (*DB) AddRequestEvent(ctx context.Context, t *Tx, id string, e RequestEvent) error {
	_, err := t.Exec(ctx, `INSERT INTO portal_request_events (request_id, seq, at_us, actor, action, details)
		SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5 FROM portal_request_events WHERE request_id = $1`,
		id, e.At.UnixMicro(), e.Actor, e.Action, e.Details)
	return err
}

// RequestEvents returns what happened to a request, in order.
func (db *DB) RequestEvents(ctx context.Context, id string) ([]RequestEvent, error) {
	rows, err := db.Query(ctx, `SELECT at_us, actor, action, details FROM portal_request_events WHERE request_id = $1 ORDER BY seq`, id)
	if err != nil {
		return nil, db.Classify(err, "reading a request's history")
	}
	defer rows.Close()
	var list []RequestEvent
	for rows.Next() {
		var e RequestEvent
		if err := rows.Scan(when(&e.At), &e.Actor, &e.Action, &e.Details); err != nil {
			return nil, db.Classify(err, "reading a request's history")
		}
		list = append(list, e)
	}
	return list, db.Classify(rows.Err(), "reading a request's history")
}
