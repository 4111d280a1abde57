package requests

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A TierInfo is a tier that can be asked for, as people read it.
type TierInfo struct {
	Name  pierre.Tier
	Title string // such as "Starter"
	Limit string // such as "10,000 calls per month"
	Price string // such as "9.00 EUR per month"; "": not said
}

// Choice returns it for who asks for a tier, with its limit and price.
func (t TierInfo) Choice() ui.Choice {
	said := slices.DeleteFunc([]string{t.Limit, t.Price}, func(s string) bool { return s == "" })
	return ui.Choice{Value: string(t.Name), Text: t.Title, Note: strings.Join(said, " · ")}
}

// knownTiers are the server's tiers as they were last known: visitors can ask for a key while the server is away.
type knownTiers struct {
	mu   sync.Mutex
	list []adminapi.Tier
	at   time.Time
}

const (
	tiersKept    = time.Minute
	tiersPatient = 3 * time.Second // with the server
)

// allTiers returns the server's tiers, as they were a minute ago at the latest if it answers.
func (s *Service) allTiers(ctx context.Context) ([]adminapi.Tier, error) {
	s.known.mu.Lock()
	known, at := s.known.list, s.known.at
	s.known.mu.Unlock()
	now := s.now()
	if known != nil && now.Sub(at) < tiersKept {
		return known, nil
	}
	within, cancel := context.WithTimeout(ctx, tiersPatient)
	defer cancel()
	tiers, err := s.server.Tiers(within)
	if err != nil && known != nil {
		return known, nil
	}
	if err != nil {
		return nil, unreachable(err)
	}
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	s.known.list, s.known.at = tiers, now
	return tiers, nil
}

// serverTiers returns all tiers of the server.
func (s *Service) serverTiers(ctx context.Context) ([]TierInfo, error) {
	tiers, err := s.allTiers(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]TierInfo, len(tiers))
	for i, t := range tiers {
		list[i] = TierInfo{Name: t.Name, Title: ui.Capital(string(t.Name)), Limit: limitText(t.RateLimit)}
	}
	return list, nil
}

// offered returns the tiers that visitors may ask for: those that are public, with their prices, or all where none is.
func (s *Service) offered(ctx context.Context) ([]TierInfo, error) {
	all, err := s.serverTiers(ctx)
	if err != nil {
		return nil, err
	}
	prices, err := s.db.Prices(ctx)
	if err != nil {
		return nil, err
	}
	var offered []TierInfo
	for _, t := range all {
		p, ok := db.Offer(prices, t.Name)
		if !ok {
			continue
		}
		if p != nil && p.Base > 0 {
			t.Price = db.Money{Minor: p.Base, Currency: p.Currency}.String() + " per month"
		}
		offered = append(offered, t)
	}
	return offered, nil
}

func limitText(l *adminapi.RateLimit) string {
	if l == nil {
		return "unlimited calls"
	}
	return human.Count(l.Requests) + " calls per " + string(l.Period)
}

// asked returns what a mail says of what was asked for. Without the server's word it says less.
func (s *Service) asked(ctx context.Context, company string, tier pierre.Tier) mail.RequestInfo {
	info := mail.RequestInfo{Company: company, Tier: ui.Capital(string(tier))}
	tiers, err := s.serverTiers(ctx)
	if err != nil {
		return info
	}
	for _, t := range tiers {
		if t.Name == tier {
			info.Limit = t.Limit
		}
	}
	return info
}

// granted returns what a mail says of a plan that was approved, which need not be what was asked for.
func (s *Service) granted(ctx context.Context, company string, p Plan) mail.RequestInfo {
	info := s.asked(ctx, company, p.Tier)
	info.Limit = p.limit(info.Limit)
	return info
}
