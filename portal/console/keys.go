package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	pageSize  = 50
	fileSize  = 200 // keys that one call of the server gets for a file
	maxInFile = 20_000
	soonEnds  = 30 * 24 * time.Hour
)

// A keyRow is a key as lists show it.
type keyRow struct {
	adminapi.Key

	State ui.Badge
	Calls int64  // of the limit's open window
	Bar   ui.Bar // without a limit, of nothing
}

func rowOf(k adminapi.Key, now time.Time) keyRow {
	row := keyRow{Key: k, State: stateOf(k, now)}
	if k.Used != nil {
		row.Calls = *k.Used
	}
	if k.RateLimit != nil {
		row.Bar = ui.Bar{Used: row.Calls, Of: k.RateLimit.Requests}
	}
	return row
}

// Title is what a key is called: its name, or its beginning and end.
func (k keyRow) Title() string { return titleOf(k.Key) }

func titleOf(k adminapi.Key) string {
	if k.Name != "" {
		return k.Name
	}
	return k.KeyPrefix + "…" + k.KeyLast4
}

func stateOf(k adminapi.Key, now time.Time) ui.Badge {
	switch {
	case k.Status == pierre.KeyRevoked && k.ReplacedBy != nil:
		return ui.Badge{Text: "Replaced"}
	case k.Status == pierre.KeyRevoked:
		return ui.Badge{Text: "Revoked", Tone: "bad"}
	case k.Status == pierre.KeyExpired:
		return ui.Badge{Text: "Expired"}
	case k.ReplacedBy != nil:
		return ui.Badge{Text: "Being replaced", Tone: "warn"}
	case k.ExpiresAt != nil && k.ExpiresAt.Sub(now) < soonEnds:
		return ui.Badge{Text: "Expires " + ui.Ago(now.Sub(*k.ExpiresAt)), Tone: "warn"}
	}
	return ui.Badge{Text: "Active", Tone: "good"}
}

func rowsOf(keys []adminapi.Key, now time.Time) []keyRow {
	rows := make([]keyRow, len(keys))
	for i, k := range keys {
		rows[i] = rowOf(k, now)
	}
	return rows
}

// filterOf reads the parameters of the list of keys. What is no value of one is left out: addresses are typed, too.
func filterOf(r *http.Request) adminapi.KeyFilter {
	q := r.URL.Query()
	f := adminapi.KeyFilter{Search: strings.TrimSpace(q.Get("q")), Tier: pierre.Tier(q.Get("tier")), Cursor: q.Get("cursor")}
	switch status := pierre.KeyStatus(q.Get("state")); status {
	case pierre.KeyActive, pierre.KeyExpired, pierre.KeyRevoked:
		f.Status = status
	}
	name, down := strings.CutPrefix(q.Get("sort"), "-")
	for _, sort := range pierre.KeySorts() {
		if string(sort) == name {
			f.Sort, f.Down = sort, down
		}
	}
	return f
}

type keysPage struct {
	Rows    []keyRow
	Filter  adminapi.KeyFilter
	Sort    string
	Any     bool // a filter is set
	Tiers   []ui.Choice
	States  []ui.Choice
	Columns map[string]ui.Sort
	Pages   ui.Pages
	File    string // where all keys that the filter finds are, as a table
	Problem string // with the filter; "": there is none
}

func (s *Service) keys(w http.ResponseWriter, r *http.Request) error {
	f := filterOf(r)
	f.Limit = pageSize
	var tiers []adminapi.Tier
	var list adminapi.KeyList
	err := together(r.Context(),
		func(ctx context.Context) (err error) { tiers, err = s.as(r).Tiers(ctx); return err },
		func(ctx context.Context) (err error) { list, err = s.as(r).Keys(ctx, f); return err },
	)
	page := keysPage{Filter: f, Sort: r.URL.Query().Get("sort"), Any: f.Search != "" || f.Tier != "" || f.Status != ""}
	all := r.URL.Query()
	all.Del("cursor")
	page.File = "/admin/keys.csv?" + all.Encode()
	if err = of(err); pierre.KindOf(err) == pierre.KindInvalid {
		page.Problem = pierre.MessageOf(err, "")
	} else if err != nil {
		return err
	}
	page.Rows, page.Tiers = rowsOf(list.APIKeys, s.opts.Now()), tierChoices(tiers, "All tiers")
	page.States = []ui.Choice{{Value: "", Text: "All states"}, {Value: "active", Text: "Active"}, {Value: "expired", Text: "Expired"}, {Value: "revoked", Text: "Revoked"}}
	page.Columns = map[string]ui.Sort{}
	for name, text := range map[string]string{"name": "Key", "email": "Customer", "use": "Used", "last_used": "Last call", "expires": "Expires", "created": "Created"} {
		page.Columns[name] = ui.SortOf(r, name, text)
	}
	next := ""
	if list.NextCursor != nil {
		next = *list.NextCursor
	}
	page.Pages = ui.PagesOf(r, next, human.Plural(len(page.Rows), "key")+" on this page")
	return s.pages.Page(w, r, http.StatusOK, "console/keys", page)
}

func tierChoices(tiers []adminapi.Tier, all string) []ui.Choice {
	var choices []ui.Choice
	if all != "" {
		choices = append(choices, ui.Choice{Text: all})
	}
	for _, t := range tiers {
		choices = append(choices, ui.Choice{Value: string(t.Name), Text: ui.Capital(string(t.Name))})
	}
	return choices
}

// keysFile writes the keys that the list's filter finds, as a table.
func (s *Service) keysFile(w http.ResponseWriter, r *http.Request) error {
	f := filterOf(r)
	f.Limit, f.Cursor = fileSize, ""
	table := [][]string{{"id", "name", "customer", "tier", "status", "limit", "period", "used", "created", "expires", "last call"}}
	for len(table) <= maxInFile {
		list, err := s.as(r).Keys(r.Context(), f)
		if err != nil {
			return of(err)
		}
		for _, k := range list.APIKeys {
			table = append(table, cells(k))
		}
		if list.NextCursor == nil {
			break
		}
		f.Cursor = *list.NextCursor
	}
	return web.WriteCSV(w, "keys.csv", table)
}

func cells(k adminapi.Key) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	limit, period, used := "", "", ""
	if k.RateLimit != nil {
		limit, period = strconv.FormatInt(k.RateLimit.Requests, 10), string(k.RateLimit.Period)
	}
	if k.Used != nil {
		used = strconv.FormatInt(*k.Used, 10)
	}
	return []string{
		string(k.APIKeyID), k.Name, k.UserEmail, string(k.Tier), string(k.Status), limit, period, used, at(&k.CreatedAt), at(k.ExpiresAt), at(k.LastUsedAt),
	}
}
