// Package landing serves the site's public page: what an athlete can ask, how a key is got, what it costs.
package landing

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

//go:embed templates
var templates embed.FS

// Templates are the pages that [ui.New] needs, under the name landing.
func Templates() (fs.FS, error) { return fs.Sub(templates, "templates") }

type prices interface {
	Prices(ctx context.Context) ([]db.Price, error)
}

type tiers interface {
	Tiers(ctx context.Context) ([]adminapi.Tier, error)
}

const (
	kept    = time.Minute     // how long the server's tiers are shown before they are asked for again
	patient = 2 * time.Second // with the server, which visitors need not wait for
)

// A Service serves the page. It is safe for concurrent use.
type Service struct {
	pages  *ui.Renderer
	prices prices
	server tiers
	now    func() time.Time

	mu     sync.Mutex
	known  []adminapi.Tier
	asked  time.Time
	asking bool
}

// New returns a Service. now is the time, for what is kept of the server's tiers.
func New(pages *ui.Renderer, p prices, server tiers, now func() time.Time) *Service {
	return &Service{pages: pages, prices: p, server: server, now: now}
}

// Routes returns the page's route.
func (s *Service) Routes() []route.Route {
	return []route.Route{{Pattern: "GET /{$}", Role: route.Public, Handler: s.page}}
}

// An offer is a tier with what it costs.
type offer struct {
	Name     pierre.Tier
	Limit    *adminapi.RateLimit // nil: unlimited
	Days     *int64              // how long a key lasts; nil: for ever
	Price    string              // of a month; "": nothing, or nobody said
	Free     bool                // it costs nothing
	Included int64               // calls in the price
	Overage  string              // of OverCalls calls above those; "": there is none
	OverOf   int64
}

type pageData struct {
	Tagline   string // the operator's; "": the product's
	Offers    []offer
	Questions []question
}

func (s *Service) page(w http.ResponseWriter, r *http.Request) error {
	known, err := s.prices.Prices(r.Context())
	if err != nil {
		return err
	}
	return s.pages.Page(w, r, http.StatusOK, "landing/home", pageData{s.pages.Brand(r.Context()).Tagline, offersOf(s.tiers(r.Context()), known), questions()})
}

// offersOf returns the tiers that one may ask for, with their prices.
func offersOf(all []adminapi.Tier, known []db.Price) (offers []offer) {
	for _, t := range all {
		p, ok := db.Offer(known, t.Name)
		if !ok {
			continue
		}
		o := offer{Name: t.Name, Limit: t.RateLimit, Days: t.LifetimeDays}
		if p != nil {
			o.Included, o.OverOf, o.Free = p.Included, p.OverageCalls, p.Base == 0
			o.Price, o.Overage = priced(p.Base, p.Currency), priced(p.Overage, p.Currency)
		}
		offers = append(offers, o)
	}
	return offers
}

// priced is an amount as people read it, "" for none.
func priced(minor int64, currency db.Currency) string {
	if minor <= 0 {
		return ""
	}
	return db.Money{Minor: minor, Currency: currency}.String()
}

// tiers returns the server's tiers as they were known a minute ago at the latest, or longer ago if the server does not answer.
func (s *Service) tiers(ctx context.Context) []adminapi.Tier {
	s.mu.Lock()
	fresh, known := s.now().Sub(s.asked) < kept && !s.asked.IsZero(), s.known
	if fresh || s.asking {
		s.mu.Unlock()
		return known
	}
	s.asking = true
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patient) // others read what this visitor asked for
	defer cancel()
	all, err := s.server.Tiers(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking, s.asked = false, s.now()
	if err == nil {
		s.known = all
	}
	return s.known
}
