package billing

import (
	"embed"
	"io/fs"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
)

// Pages write pages, see ui.Renderer.
type Pages interface {
	Page(w http.ResponseWriter, r *http.Request, status int, name string, data any) error
}

// Options are what a Service can do without.
type Options struct {
	Stripe *Stripe          // nil: nothing is sent there
	Now    func() time.Time // nil: time.Now
}

// A Service bills what the server counts. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	pages  Pages
	server Server
	mail   Mail
	opts   Options

	reading chan struct{} // holds one while last is read or made
	last    recentDraft
}

// New returns the billing of a site.
func New(d *db.DB, pages Pages, server Server, mail Mail, opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{db: d, pages: pages, server: answering{server}, mail: mail, opts: opts, reading: make(chan struct{}, 1)}
}

func (s *Service) now() time.Time { return s.opts.Now() }

//go:embed templates
var templates embed.FS

// Templates returns the templates of the pages, for the set "billing".
func Templates() fs.FS {
	set, err := fs.Sub(templates, "templates")
	if err != nil {
		panic(err) //nolint:forbidigo // the folder is in the program
	}
	return set
}

// Routes returns the pages.
func (s *Service) Routes() []route.Route {
	return []route.Route{
		{Pattern: "GET /admin/billing", Role: route.Viewer, Handler: s.overviewPage},
		{Pattern: "GET /admin/billing/months/{month}", Role: route.Viewer, Handler: s.monthPage},
		{Pattern: "GET /admin/billing/months/{month}/export", Role: route.Viewer, Handler: s.export},
		{Pattern: "POST /admin/billing/months/{month}/close", Role: route.Admin, Handler: s.closeMonth},
		{Pattern: "POST /admin/billing/months/{month}/retry", Role: route.Admin, Handler: s.retry},
		{Pattern: "GET /admin/billing/invoices/{number}", Role: route.Viewer, Handler: s.invoicePage},
		{Pattern: "GET /admin/billing/customers/{id}", Role: route.Viewer, Handler: s.customerPage},
		{Pattern: "POST /admin/billing/customers/{id}", Role: route.Admin, Handler: s.setCustomer},
		{Pattern: "GET /account/invoices", Role: route.Customer, Handler: s.ownInvoices},
		{Pattern: "GET /account/invoices/{number}", Role: route.Customer, Handler: s.ownInvoice},
	}
}

const (
	billingPath = "/admin/billing"
	maxForm     = 64 << 10
)

// parseForm reads the form of the request's body.
func parseForm(w http.ResponseWriter, r *http.Request) error {
	_, err := web.Form(w, r, maxForm)
	return err
}

func (s *Service) act(r *http.Request) db.Act {
	p, _ := route.PersonFrom(r.Context())
	return db.Act{Person: p.Email, At: s.now()}
}

func goTo(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // a path of this site: months and ids were checked
	return nil
}
