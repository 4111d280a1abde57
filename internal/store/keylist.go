package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// APIKeys returns a page of keys. What is used of their limits is what [Store.QuotaUsed] says.
func (s *Store) APIKeys(ctx context.Context, q pierre.KeyQuery) (pierre.KeyPage, error) {
	tiers, err := s.Tiers(ctx)
	if err != nil {
		return pierre.KeyPage{}, err
	}
	var page pierre.KeyPage
	err = s.view(ctx, "listing API keys", func(t *tx) (err error) {
		page, err = t.listKeys(ctx, q, tiers)
		return err
	})
	return page, err
}

func (t *tx) listKeys(ctx context.Context, q pierre.KeyQuery, tiers []pierre.Plan) (pierre.KeyPage, error) {
	var windows []openWindow
	if !q.At.IsZero() {
		windows = openWindows(q.At)
	}
	f := &filter{}
	use := f.useOf(q, tiers)
	direction := map[bool]string{false: "DESC", true: "ASC"}[q.Upwards]
	var waiting map[string]*waitingUse
	var places []keyPlace
	var find string // the places of the page, by what it is ordered by alone: the rest of a key's columns would be sorted along with it
	if q.Sort == pierre.SortUse {
		var err error
		if waiting, err = t.waitingOfKeys(ctx, windows, nil); err != nil {
			return pierre.KeyPage{}, err
		}
		places, err = t.keysByUse(ctx, q, tiers, windows, waiting)
		if err != nil || len(places) == 0 {
			return pierre.KeyPage{Keys: []pierre.APIKey{}}, err
		}
		find, direction = f.places(places), "ASC"
	} else {
		order := keyOrder(q.Sort)
		if err := f.keys(q, order); err != nil {
			return pierre.KeyPage{}, err
		}
		find = `SELECT k.id, ` + order + ` FROM api_keys k JOIN users u ON u.id = k.user_id WHERE ` + f.where() +
			` ORDER BY ` + order + ` ` + direction + `, k.id ` + direction + ` LIMIT ` + f.arg(q.Limit+1)
	}
	text := `WITH page (key_id, place) AS (` + find + `) ` + strings.NewReplacer("SELECT ", "SELECT page.place, "+use.period+", c.used, ",
		"FROM api_keys k ", "FROM page JOIN api_keys k ON k.id = page.key_id ").Replace(selectKey()) + use.counter + ` ORDER BY page.place ` + direction + `, page.key_id ` + direction
	rows, err := t.query(ctx, text, f.args...)
	if err != nil {
		return pierre.KeyPage{}, err
	}
	page, counters, err := scanKeys(rows, q)
	if err != nil {
		return pierre.KeyPage{}, err
	}
	if len(places) > q.Limit {
		page.NextCursor = places[q.Limit-1].cursor()
	}
	if waiting == nil {
		if waiting, err = t.waitingOfPage(ctx, windows, page); err != nil {
			return pierre.KeyPage{}, err
		}
	}
	for i := range page.Keys {
		page.Used = append(page.Used, waiting[string(page.Keys[i].Family)].usedBy(windows, counters[i].period, counters[i].used))
	}
	return page, nil
}

func (t *tx) waitingOfPage(ctx context.Context, windows []openWindow, page pierre.KeyPage) (map[string]*waitingUse, error) {
	families := map[string]bool{}
	for i := range page.Keys {
		families[string(page.Keys[i].Family)] = true
	}
	if len(families) == 0 {
		return map[string]*waitingUse{}, nil
	}
	return t.waitingOfKeys(ctx, windows, families)
}

// A keyCounter is what the counter of a key's own limit says, if there is one.
type keyCounter struct {
	period pierre.Period
	used   sql.NullInt64
}

func scanKeys(rows *sql.Rows, q pierre.KeyQuery) (page pierre.KeyPage, counters []keyCounter, err error) {
	defer rows.Close()
	page = pierre.KeyPage{Keys: []pierre.APIKey{}}
	var places []keyPlace
	for rows.Next() {
		var counter keyCounter
		place := keyPlace{Sort: q.Sort}
		k, err := scanKey(after{rows, []any{place.value(), &counter.period, &counter.used}})
		if err != nil {
			return page, nil, err
		}
		place.ID = k.ID
		page.Keys, counters, places = append(page.Keys, k), append(counters, counter), append(places, place)
	}
	if len(page.Keys) > q.Limit { // one more than wanted was read, to know if there are more
		page.Keys = page.Keys[:q.Limit]
		page.NextCursor = places[q.Limit-1].cursor()
	}
	return page, counters, rows.Err()
}

// after scans other columns before those that are asked for.
type after struct {
	from  scanner
	first []any
}

func (a after) Scan(dest ...any) error { return a.from.Scan(append(a.first, dest...)...) }

// keyOrder returns what keys are ordered by: one expression that is never NULL.
func keyOrder(sort pierre.KeySort) string {
	switch sort {
	case pierre.SortName:
		return "LOWER(k.name)"
	case pierre.SortEmail:
		return "COALESCE(LOWER(u.email), '')"
	case pierre.SortExpires:
		return "COALESCE(k.expires_us, " + strconv.FormatInt(math.MaxInt64, 10) + ")"
	case pierre.SortLastUsed:
		return "COALESCE(k.last_used_us, 0)"
	case pierre.SortCreated, pierre.SortUse: // use is no expression, see keysByUse
	}
	return "k.created_us"
}

// keys restricts keys k, of users u, to those that q is about, and whose places in the order are behind those of the page before.
func (f *filter) keys(q pierre.KeyQuery, order string) error {
	f.keysOf(q)
	if q.Cursor == "" {
		return nil
	}
	place, err := parseKeyPlace(q.Cursor, q.Sort)
	if err != nil {
		return err
	}
	than := " < "
	if q.Upwards {
		than = " > "
	}
	f.and("(" + order + ", k.id)" + than + "(" + f.arg(place.arg()) + ", " + f.arg(string(place.ID)) + ")")
	return nil
}

func (f *filter) keysOf(q pierre.KeyQuery) {
	f.and("TRUE")
	if q.Email != "" {
		f.and("u.email = " + f.arg(q.Email))
	}
	if q.User != "" {
		f.and("k.user_id = " + f.arg(string(q.User)))
	}
	if q.Tier != "" {
		f.and("k.tier = " + f.arg(string(q.Tier)))
	}
	if q.Text != "" {
		escaped := likeText(strings.ToLower(q.Text))
		part, begin := f.arg("%"+escaped+"%"), f.arg(escaped+"%")
		f.and(`(LOWER(u.email) LIKE ` + part + ` ESCAPE '\' OR LOWER(k.name) LIKE ` + part + ` ESCAPE '\' OR k.id LIKE ` + begin + ` ESCAPE '\' OR LOWER(k.prefix) LIKE ` + begin + ` ESCAPE '\')`)
	}
	if !q.ActiveAt.IsZero() {
		f.status(pierre.KeyActive, q.ActiveAt)
	}
	if q.Status != "" {
		f.status(q.Status, q.At)
	}
}

// status restricts keys k to those with a status at a time.
func (f *filter) status(status pierre.KeyStatus, at time.Time) {
	switch status {
	case pierre.KeyRevoked:
		f.and("k.revoked_us IS NOT NULL")
	case pierre.KeyExpired:
		f.and("k.revoked_us IS NULL AND k.expires_us <= " + f.arg(at.UnixMicro()))
	case pierre.KeyActive:
		f.and("k.revoked_us IS NULL AND (k.expires_us IS NULL OR k.expires_us > " + f.arg(at.UnixMicro()) + ")")
	}
}

// A keyPlace is the last key of a page: what a cursor holds.
type keyPlace struct {
	Sort   pierre.KeySort `json:"s,omitempty"`
	Number int64          `json:"a,omitempty"` // that it is ordered by,
	Text   string         `json:"t,omitempty"` // or this
	ID     pierre.KeyID   `json:"i"`
}

func (p *keyPlace) byText() bool { return p.Sort == pierre.SortName || p.Sort == pierre.SortEmail }

// value is where the place is read into.
func (p *keyPlace) value() any {
	if p.byText() {
		return &p.Text
	}
	return &p.Number
}

func (p *keyPlace) arg() any {
	if p.byText() {
		return p.Text
	}
	return p.Number
}

func (p *keyPlace) cursor() string {
	b, _ := json.Marshal(p) //nolint:errchkjson // numbers and texts can be marshaled
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseKeyPlace(cursor string, sort pierre.KeySort) (p keyPlace, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.Sort != sort {
		return p, &pierre.Error{
			Kind: pierre.KindInvalid, Field: "cursor", Err: err,
			Msg: "This cursor is not one that the last page gave; start again without a cursor.",
		}
	}
	return p, nil
}
