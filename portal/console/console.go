// Package console has the pages on which staff look at keys, customers, tiers and live usage, and change them. All of it is
// the server's, which is asked and changed over the admin API as the person who is signed in; the site's own are prices,
// and what staff wrote down about a customer.
package console

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

//go:embed templates
var templates embed.FS

// Templates are the pages that [ui.New] needs, under the name console.
func Templates() (fs.FS, error) { return fs.Sub(templates, "templates") }

// Options are what a Service can do without.
type Options struct {
	OpenAlerts func(ctx context.Context) (int64, error) // how many alerts are open; nil: there are none
	Prices     Prices                                   // nil: tiers have none
	Now        func() time.Time                         // nil: time.Now
	Log        *slog.Logger                             // nil: no log
}

// Prices are what keys of the tiers cost.
type Prices interface {
	Prices(ctx context.Context) ([]db.Price, error)
	SetPrice(ctx context.Context, act db.Act, p db.Price) error
	DeletePrice(ctx context.Context, act db.Act, tier pierre.Tier) error
}

// A Service serves the pages. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	server *adminapi.Client
	pages  *ui.Renderer
	opts   Options
}

// New returns a Service.
func New(d *db.DB, server *adminapi.Client, pages *ui.Renderer, opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: d, server: server, pages: pages, opts: opts}
}

// Routes returns the routes of all pages.
func (s *Service) Routes() []route.Route {
	return []route.Route{
		{Pattern: "GET /admin", Role: route.Viewer, Handler: s.overview},
		{Pattern: "GET /admin/{$}", Role: route.Viewer, Handler: s.overview},
		{Pattern: "GET /admin/keys", Role: route.Viewer, Handler: s.keys},
		{Pattern: "GET /admin/keys.csv", Role: route.Viewer, Handler: s.keysFile},
		{Pattern: "GET /admin/keys/{id}", Role: route.Viewer, Handler: s.key},
		{Pattern: "POST /admin/keys/{id}/limits", Role: route.Admin, Handler: s.changeLimits},
		{Pattern: "POST /admin/keys/{id}/rotate", Role: route.Admin, Handler: s.rotate},
		{Pattern: "POST /admin/keys/{id}/revoke", Role: route.Admin, Handler: s.revoke},
		{Pattern: "GET /admin/customers", Role: route.Viewer, Handler: s.customers},
		{Pattern: "GET /admin/customers/{id}", Role: route.Viewer, Handler: s.customer},
		{Pattern: "POST /admin/customers/{id}", Role: route.Admin, Handler: s.changeCustomer},
		{Pattern: "GET /admin/customers/{id}/tier", Role: route.Admin, Handler: s.tierPreview},
		{Pattern: "POST /admin/customers/{id}/tier", Role: route.Admin, Handler: s.changeTier},
		{Pattern: "GET /admin/tiers", Role: route.Viewer, Handler: s.tiers},
		{Pattern: "GET /admin/tiers/{name}", Role: route.Admin, Handler: s.tier},
		{Pattern: "POST /admin/tiers/{name}", Role: route.Admin, Handler: s.putTier},
		{Pattern: "GET /admin/live", Role: route.Viewer, Handler: s.live},
		{Pattern: "GET /admin/live/events", Role: route.Viewer, Handler: s.events},
	}
}

// as returns the server's client for the person who makes the request.
func (s *Service) as(r *http.Request) *adminapi.Client {
	p, _ := route.PersonFrom(r.Context())
	return s.server.For(p.Email)
}

func (s *Service) act(r *http.Request) db.Act {
	p, _ := route.PersonFrom(r.Context())
	return db.Act{Person: p.Email, At: s.opts.Now()}
}

func may(r *http.Request, role route.Role) bool {
	p, _ := route.PersonFrom(r.Context())
	return p.May(role)
}

const maxForm = 64 << 10 // bytes

// form returns what was sent, without space around it.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	sent, err := web.Form(w, r, maxForm)
	for _, values := range sent {
		for n := range values {
			values[n] = strings.TrimSpace(values[n])
		}
	}
	return sent, err
}

// of returns the error of the admin API as one of the site. That the token of the site is refused is no fault of the person.
func of(err error) error {
	if err == nil {
		return nil
	}
	e, answered := errors.AsType[*adminapi.Error](err)
	if !answered {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server does not answer. The pages that need it work again when it does.", Err: err}
	}
	switch e.Status {
	case http.StatusNotFound:
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: e.Detail, Err: err}
	case http.StatusConflict:
		return &pierre.Error{Kind: pierre.KindConflict, Msg: e.Detail, Err: err}
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return &pierre.Error{Kind: pierre.KindInvalid, Field: e.Field, Msg: e.Detail, Err: err}
	case http.StatusUnauthorized, http.StatusForbidden:
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server does not accept this site's token for that. pierre-admin-service doctor says what the token lacks.", Err: err}
	}
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server cannot do that at the moment.", Err: err, RetryAfter: e.RetryAfter}
}

// wrong returns what a form shows of an error that is about its input, or nil.
func wrong(err error) map[string]string {
	if e, ok := errors.AsType[*pierre.Error](err); ok && e.Kind == pierre.KindInvalid {
		return map[string]string{e.Field: e.Msg}
	}
	return nil
}

// done leaves a note and leads back.
func done(w http.ResponseWriter, r *http.Request, path, text string) error {
	ui.Leave(w, r, ui.Note{Text: text})
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // a path that we made of an id that the server knows
	return nil
}
