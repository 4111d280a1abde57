package account

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	maxKeys     = 100 // of a customer, on a page
	maxReported = 20  // of these, with bars: each is a call to the server
	maxReason   = 1000
)

// A keyRow is a key in the list.
type keyRow struct {
	adminapi.Key

	Use   *usage.LimitUsage // nil: it is unlimited, or over
	Badge ui.Badge
}

// Live reports whether the key can be used.
func (k keyRow) Live() bool { return k.Status == pierre.KeyActive }

// Shown is how the key is told from others.
func (k keyRow) Shown() string { return k.KeyPrefix + "…" + k.KeyLast4 }

type overviewData struct {
	Keys    []keyRow
	Stats   []ui.Stat
	Chart   ui.Chart
	Tools   []usage.BreakdownRow
	Refused []usage.BreakdownRow // days with calls that a limit refused, the latest first
	More    bool                 // there are more keys than are shown
	Form    ui.Form
	Tiers   []ui.Choice // that can be asked for; empty: none
	Wishes  []Wish      // that wait for a decision
}

// own returns the customer's keys, newest first.
func (s *Site) own(ctx context.Context, email string) (adminapi.KeyList, error) {
	return s.server.Keys(ctx, adminapi.KeyFilter{UserEmail: email, Limit: maxKeys})
}

func (s *Site) overview(w http.ResponseWriter, r *http.Request) error {
	return s.showOverview(w, r, http.StatusOK, ui.Form{})
}

func (s *Site) showOverview(w http.ResponseWriter, r *http.Request, status int, form ui.Form) error {
	email, err := customer(r)
	if err != nil {
		return err
	}
	list, err := s.own(r.Context(), email)
	if err != nil {
		return err
	}
	data := overviewData{More: list.NextCursor != nil, Form: form}
	for i, k := range list.APIKeys {
		if k.ReplacedBy != nil && k.Status != pierre.KeyActive {
			continue // its successor stands for it
		}
		row := keyRow{Key: k, Badge: badgeOf(k.Status)}
		if row.Live() && i < maxReported {
			report, err := s.server.Usage(r.Context(), k.APIKeyID, "", "")
			if err != nil {
				return err
			}
			row.Use = report.Limit
		}
		data.Keys = append(data.Keys, row)
	}
	if len(list.APIKeys) > 0 {
		if err := s.fillUsage(r.Context(), &data, list.APIKeys[0].UserID); err != nil {
			return err
		}
	}
	if s.opts.Wishes != nil {
		if data.Wishes, err = s.opts.Wishes(r.Context(), email); err != nil {
			return err
		}
	}
	if s.opts.Upgrade != nil {
		if data.Tiers, err = s.tiers(r.Context(), list.APIKeys); err != nil {
			return err
		}
	}
	return s.pages.Page(w, r, status, "account/overview", data)
}

func badgeOf(status pierre.KeyStatus) ui.Badge {
	if status == pierre.KeyActive {
		return ui.Badge{Text: string(status), Tone: "good"}
	}
	return ui.Badge{Text: string(status)}
}

// tiers returns what a customer with these keys can ask for: the tier above the highest of a key in use first, then what is
// above it, then that tier itself, for one more key. A lower one is no answer to who needs more.
func (s *Site) tiers(ctx context.Context, keys []adminapi.Key) ([]ui.Choice, error) {
	list, err := s.server.Tiers(ctx)
	if err != nil {
		return nil, err
	}
	prices, err := s.db.Prices(ctx)
	if err != nil {
		return nil, err
	}
	highest := -1
	for n, t := range list {
		if slices.ContainsFunc(keys, func(k adminapi.Key) bool { return k.Status == pierre.KeyActive && k.Tier == t.Name }) {
			highest = n
		}
	}
	var choices, same []ui.Choice
	for n, t := range list {
		p, ok := db.Offer(prices, t.Name)
		if !ok || n < highest {
			continue
		}
		c := ui.Choice{Value: string(t.Name), Text: ui.Capital(string(t.Name)), Note: priced(t, p)}
		if n == highest {
			c.Text += ", one more key"
			same = append(same, c)
			continue
		}
		choices = append(choices, c)
	}
	return append(choices, same...), nil
}

// priced says what a tier allows and costs.
func priced(t adminapi.Tier, p *db.Price) string {
	text := "unlimited calls"
	if t.RateLimit != nil {
		text = human.Count(t.RateLimit.Requests) + " calls per " + string(t.RateLimit.Period)
	}
	if p != nil && p.Base > 0 {
		text += " · " + db.Money{Minor: p.Base, Currency: p.Currency}.String() + " per month"
	}
	return text
}

// mine returns a key of the customer. Somebody else's is as one that there is not.
func (s *Site) mine(r *http.Request) (adminapi.Key, string, error) {
	email, err := customer(r)
	if err != nil {
		return adminapi.Key{}, "", err
	}
	k, err := s.server.Key(r.Context(), pierre.KeyID(r.PathValue("id")))
	if err != nil {
		return k, email, notFound(err)
	}
	if k.UserEmail != email {
		return adminapi.Key{}, email, pierre.NotFound("This key")
	}
	return k, email, nil
}

// notFound makes the server's 404 the site's.
func notFound(err error) error {
	if pierre.KindOf(err) == pierre.KindNotFound {
		return pierre.NotFound("This key")
	}
	return err
}

type keyData struct {
	Key     keyRow
	Report  usage.Report
	Chart   ui.Chart
	Form    ui.Form
	Once    string // under which a rotation is made once, however often the form is sent
	Graces  []ui.Choice
	Confirm string // what must be typed to revoke the key
}

func (s *Site) keyPage(w http.ResponseWriter, r *http.Request) error {
	return s.showKey(w, r, http.StatusOK, ui.Form{})
}

func (s *Site) showKey(w http.ResponseWriter, r *http.Request, status int, form ui.Form) error {
	k, _, err := s.mine(r)
	if err != nil {
		return err
	}
	data := keyData{Key: keyRow{Key: k, Badge: badgeOf(k.Status)}, Form: form, Once: rand.Text(), Confirm: k.KeyLast4, Graces: graces()}
	from, to := s.month()
	if data.Report, err = s.server.Usage(r.Context(), k.APIKeyID, from.Format(time.DateOnly), to.Format(time.DateOnly)); err != nil {
		return notFound(err)
	}
	if data.Key.Live() {
		data.Key.Use = data.Report.Limit
	}
	b, err := s.server.Breakdown(r.Context(), adminapi.UsageFilter{
		Key: k.APIKeyID, From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), GroupBy: pierre.PeriodDay, SplitBy: pierre.SplitTool,
	})
	if err != nil {
		return notFound(err)
	}
	data.Chart = chartOf(b, from, to)
	return s.pages.Page(w, r, status, "account/key", data)
}

func graces() []ui.Choice {
	return []ui.Choice{{Value: "86400", Text: "in one day"}, {Value: "3600", Text: "in one hour"}, {Value: "604800", Text: "in seven days"}, {Value: "0", Text: "at once, because it leaked"}}
}

type rotatedData struct {
	Fresh  *adminapi.FreshKey
	Copies []ui.Copy
}

// rotate makes a successor and shows it, once.
func (s *Site) rotate(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	k, email, err := s.mine(r)
	if err != nil {
		return err
	}
	grace, err := strconv.ParseInt(r.PostFormValue("grace"), 10, 64)
	once := r.PostFormValue("once")
	visible := func(c rune) bool { return c > ' ' && c <= '~' }
	if err != nil || grace < 0 || once == "" || len(once) > maxToken || strings.ContainsFunc(once, func(c rune) bool { return !visible(c) }) {
		return pierre.Invalid("grace", "Choose how long the old key stays valid.")
	}
	fresh, err := s.server.For(email).Rotate(r.Context(), k.APIKeyID, adminapi.RotateRequest{GraceSeconds: &grace}, "account-"+once)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.pages.Page(w, r, http.StatusOK, "account/rotated", rotatedData{&fresh, []ui.Copy{{ID: "new-key", Text: fresh.APIKey.Reveal()}}})
}

// revoke ends a key, if its last letters were typed.
func (s *Site) revoke(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	k, email, err := s.mine(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != k.KeyLast4 {
		return s.showKey(w, r, http.StatusUnprocessableEntity, ui.Form{
			Values: r.PostForm, Errors: map[string]string{"confirm": "Type the last four letters of the key: " + k.KeyLast4 + "."},
		})
	}
	if _, err := s.server.For(email).Revoke(r.Context(), k.APIKeyID); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The key was revoked. It stopped working."})
	return goTo(w, r, "/account")
}
