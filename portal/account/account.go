// Package account is what a customer sees: sign-in by mailed link, the own keys and their use, and settings. There is no
// password. Everything about keys is asked of the server over its admin API, for the customer's address only: a key of
// somebody else is not found.
package account

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

//go:embed templates
var templates embed.FS

// Templates are the pages' templates, the set "account" of the renderer.
func Templates() (fs.FS, error) { return fs.Sub(templates, "templates") }

// A Renderer writes pages; package ui has one.
type Renderer interface {
	Page(w http.ResponseWriter, r *http.Request, status int, name string, data any) error
}

// An Upgrade is a customer's request for another tier.
type Upgrade struct {
	Email string
	Tier  pierre.Tier
	Why   string // in the customer's words
}

// A Wish is a request of a customer that waits for a decision.
type Wish struct {
	ID       string
	Plan     string // that was asked for
	Made     time.Time
	Question bool // the customer was asked something by mail and has not answered
}

// Options are what a [Site] can do without.
type Options struct {
	Insecure bool             // the site's address is no https: cookies go over plain HTTP too
	Proxies  []netip.Prefix   // whose X-Forwarded-For is believed
	Now      func() time.Time // nil: time.Now

	// Upgrade takes a customer's request for another tier; nil: customers cannot ask.
	Upgrade func(ctx context.Context, u Upgrade) error
	// Wishes returns what a customer asked for that waits; nil: that is not shown.
	Wishes func(ctx context.Context, email string) ([]Wish, error)
	// Withdraw takes back a request of the customer's; nil: customers cannot.
	Withdraw func(ctx context.Context, email, id string) error
	// Erase deletes what other packages keep of a customer who deletes the account.
	Erase func(ctx context.Context, email string) error
	// Extra is what other packages keep of a customer, for the export of all data, by its name.
	Extra func(ctx context.Context, email string) (map[string]any, error)
}

// A Site is the customers' part of the site. It is safe for concurrent use.
type Site struct {
	db     *db.DB
	outbox *mail.Outbox
	texts  func(context.Context) mail.Texts
	server *adminapi.Client
	pages  Renderer
	log    *slog.Logger
	opts   Options
}

// New returns the customers' part. texts is asked for each mail.
func New(d *db.DB, outbox *mail.Outbox, texts func(context.Context) mail.Texts, server *adminapi.Client, pages Renderer, log *slog.Logger, opts Options) *Site { //nolint:revive // each is needed
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Site{d, outbox, texts, server, pages, log, opts}
}

// Routes returns the pages.
func (s *Site) Routes() []route.Route {
	return []route.Route{
		{Pattern: "GET " + signInPath, Role: route.Public, Handler: s.signInPage},
		{Pattern: "POST " + signInPath, Role: route.Public, Handler: s.askLink},
		{Pattern: "GET " + signInPath + "/{token}", Role: route.Public, Handler: s.linkPage},
		{Pattern: "POST " + signInPath + "/{token}", Role: route.Public, Handler: s.useLink},
		{Pattern: "POST /account/sign-out", Role: route.Public, Handler: s.signOut},
		{Pattern: "GET /account", Role: route.Customer, Handler: s.overview},
		{Pattern: "GET /account/keys/{id}", Role: route.Customer, Handler: s.keyPage},
		{Pattern: "POST /account/keys/{id}/rotate", Role: route.Customer, Handler: s.rotate},
		{Pattern: "POST /account/keys/{id}/revoke", Role: route.Customer, Handler: s.revoke},
		{Pattern: "GET /account/usage.csv", Role: route.Customer, Handler: s.downloadCSV},
		{Pattern: "GET /account/usage.json", Role: route.Customer, Handler: s.downloadJSON},
		{Pattern: "POST /account/upgrade", Role: route.Customer, Handler: s.upgrade},
		{Pattern: "POST /account/requests/{id}/withdraw", Role: route.Customer, Handler: s.withdraw},
		{Pattern: "GET /account/settings", Role: route.Customer, Handler: s.settingsPage},
		{Pattern: "POST /account/settings", Role: route.Customer, Handler: s.saveSettings},
		{Pattern: "POST /account/sessions/{id}/end", Role: route.Customer, Handler: s.endSession},
		{Pattern: "GET /account/export", Role: route.Customer, Handler: s.export},
		{Pattern: "POST /account/delete", Role: route.Customer, Handler: s.delete},
	}
}

// Jobs returns the background work: mailing links, and forgetting old ones.
func (s *Site) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "sign-in-links", Every: time.Second, Do: s.MailLinks},
		{Name: "sign-in-tidy", Every: time.Hour, Fleet: true, Do: func(ctx context.Context) error {
			return s.db.ForgetSignIns(ctx, s.opts.Now().Add(-longestSession))
		}},
	}
}

// customer returns who is signed in.
func customer(r *http.Request) (string, error) {
	a, ok := route.CustomerFrom(r.Context())
	if !ok || a.Email == "" {
		return "", &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "Sign in with your e-mail address first."}
	}
	return a.Email, nil
}

const maxForm = 16 << 10

// goTo leads to another page of the site after a change.
func goTo(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, route.Local(path, "/account"), http.StatusSeeOther) //nolint:gosec // a path of this site
	return nil
}
