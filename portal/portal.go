// Package portal puts the admin site together: the routes of its packages of pages, behind what every request passes, and
// their background work.
package portal

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/account"
	"github.com/pierre-mcp/pierre/portal/alerts"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/console"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/landing"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/requests"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A Sealer encrypts what must be readable again; package keyring has one.
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

// A Config is what the site needs.
type Config struct {
	DB        *db.DB
	Server    *adminapi.Client
	Seal      Sealer
	Mail      mail.Sender
	BaseURL   string // the site's origin
	PublicURL string // the MCP server's origin, as customers reach it
	Log       *slog.Logger
}

// Options are what the site can do without.
type Options struct {
	Development     bool            // on this machine only: no second factor, pages say so
	TrustedProxies  []netip.Prefix  // whose X-Forwarded-For is believed
	OIDC            *staff.OIDC     // nil: staff sign in with passwords and passkeys
	Stripe          *billing.Stripe // nil: nothing is sent there
	WebhookNetworks []netip.Prefix  // that webhooks may reach beside public addresses

	Now func() time.Time // nil: time.Now
}

// A Site is the admin site.
type Site struct {
	Staff *staff.Service

	handler http.Handler
	logPath func(path string) string
	jobs    []jobs.Job
}

// Handler serves the site.
func (s *Site) Handler() http.Handler { return s.handler }

// LogPath returns a path of the site as a log may hold it: without the token of a mailed link.
func (s *Site) LogPath(path string) string { return s.logPath(path) }

// Jobs returns the background work of all packages.
func (s *Site) Jobs() []jobs.Job { return s.jobs }

// New puts the site together.
func New(c Config, opts Options) (*Site, error) {
	p, err := newParts(c, opts)
	if err != nil {
		return nil, err
	}
	all := p.routes()
	return &Site{Staff: p.team, handler: p.serve(all), logPath: route.HideTokens(all), jobs: p.jobs()}, nil
}

// parts are the packages of the site.
type parts struct {
	watch     *alerts.Watch
	c         Config
	opts      Options
	pages     *ui.Renderer
	outbox    *mail.Outbox
	team      *staff.Service
	customers *account.Site
	asked     *requests.Service
	bills     *billing.Service
	front     *landing.Service
	console   *console.Service
}

func newParts(c Config, opts Options) (*parts, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	p := &parts{c: c, opts: opts, outbox: mail.NewOutbox(c.DB, c.Seal, opts.Now)}
	var err error
	if p.pages, err = newPages(c, opts); err != nil {
		return nil, err
	}
	p.team, err = staff.New(c.DB, p.pages, c.BaseURL, c.Seal, staffMail{p.outbox, p.texts}, staff.Options{
		Development: opts.Development, OIDC: opts.OIDC, Audit: c.Server, Trusted: opts.TrustedProxies, Now: opts.Now,
	})
	if err != nil {
		return nil, err
	}
	p.watch = alerts.New(c.DB, p.outbox, p.texts, c.Server, c.Seal, c.Log, alerts.Options{Networks: opts.WebhookNetworks, Now: opts.Now})
	p.front = landing.New(p.pages, c.DB, c.Server, opts.Now)
	p.asked = requests.New(c.DB, c.Server, p.outbox, p.pages, p.requestSettings,
		requests.Options{Log: c.Log, PublicURL: c.PublicURL, Network: func(r *http.Request) string { return web.ClientNetwork(r, opts.TrustedProxies) }, Now: opts.Now})
	p.customers = account.New(c.DB, p.outbox, p.texts, c.Server, p.pages, c.Log, account.Options{
		Insecure: !strings.HasPrefix(c.BaseURL, "https://"), Proxies: opts.TrustedProxies, Erase: p.asked.Erase, Now: opts.Now,
		Upgrade: func(ctx context.Context, u account.Upgrade) error {
			return p.asked.Upgrade(ctx, u.Email, u.Tier, u.Why)
		},
		Wishes: p.wishes, Withdraw: p.asked.WithdrawOwn,
		Extra: func(ctx context.Context, email string) (map[string]any, error) {
			list, err := p.asked.Export(ctx, email)
			return map[string]any{"requests": list}, err
		},
	})
	p.bills = billing.New(c.DB, p.pages, c.Server, billMail{p.outbox, p.texts}, billing.Options{Stripe: opts.Stripe, Now: opts.Now})
	p.console = console.New(c.DB, c.Server, p.pages, console.Options{OpenAlerts: c.DB.CountOpenAlerts, Prices: c.DB, Log: c.Log, Now: opts.Now})
	return p, nil
}

// routes returns the routes of all packages.
func (p *parts) routes() []route.Route {
	return slices.Concat(health(p.c.DB), p.pages.Routes(), p.previews(), p.front.Routes(), p.team.Routes(), p.customers.Routes(), p.asked.Routes(),
		p.bills.Routes(), p.console.Routes(), alerts.NewPages(p.watch, p.pages).Routes())
}

// jobs returns the background work of all packages.
func (p *parts) jobs() []jobs.Job {
	return slices.Concat(mail.NewWorker(p.outbox, p.c.Mail, p.c.Log).Jobs(), p.customers.Jobs(), p.asked.Jobs(), p.bills.Jobs(), p.watch.Jobs(),
		[]jobs.Job{{Name: "end old sessions of the staff", Every: time.Hour, Fleet: true, Do: p.team.Prune}})
}

// newPages returns the renderer with the templates of all packages.
func newPages(c Config, opts Options) (*ui.Renderer, error) {
	sets := map[string]fs.FS{"staff": staff.Templates(), "billing": billing.Templates()}
	var errs []error
	for name, load := range map[string]func() (fs.FS, error){"account": account.Templates, "alerts": alerts.Templates, "landing": landing.Templates, "console": console.Templates, requests.Set: requests.Templates} {
		set, err := load()
		sets[name], errs = set, append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	brand := func(ctx context.Context) ui.Brand { return staff.Brand(ctx, c.DB) }
	return ui.New(brand, sets, ui.Options{Development: opts.Development, Log: c.Log, Now: opts.Now})
}

// serve puts what every request passes around the routes, the outermost last.
func (p *parts) serve(all []route.Route) http.Handler {
	h := route.Mux(all, route.Fallback{StaffSignIn: staff.SignInPath, CustomerSignIn: "/account/sign-in", Fail: p.pages.Fail})
	h = p.customers.Identify(h, p.pages.Fail)
	h = p.team.Sessions(h, p.pages.Fail)
	h = http.MaxBytesHandler(h, maxBody)
	h = crossOrigin(h, p.pages)
	if p.opts.Development {
		h = onlyHere(h, p.pages)
	}
	return harden(h)
}

// onlyHere refuses requests that say that they came through a proxy, under another name than this machine's, or from a page
// of another one: development mode asks for no second factor, and a proxy on this machine would let everybody in. A proxy
// that asks for localhost and says nothing of itself shows by the Origin of the forms that people send through it. A web page
// of elsewhere whose name was made to lead here is refused with them.
func onlyHere(next http.Handler, pages *ui.Renderer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "same-origin") // under no-referrer, the Origin of every form is null
		here := web.Loopback(r.Host)
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
			here = here && r.Header.Get(name) == ""
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			u, err := url.Parse(origin)
			here = here && err == nil && web.Loopback(u.Host)
		}
		if !here {
			pages.Fail(w, r, &pierre.Error{Kind: pierre.KindDenied, Msg: "This site runs in development mode, without second factors, and answers this machine only, not through a proxy."})
			return
		}
		next.ServeHTTP(w, r)
	})
}

const maxBody = 1 << 20 // bytes; pages with forms allow less

// crossOrigin refuses changes that another site's page asks for.
func crossOrigin(next http.Handler, pages *ui.Renderer) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.Fail(w, r, errForeign())
	}))
	return protection.Handler(next)
}

// harden sets the headers that every answer has.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Referrer-Policy", "no-referrer") // paths hold the tokens of links
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", ui.Policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		next.ServeHTTP(w, r)
	})
}
