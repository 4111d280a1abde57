package requests

import (
	"context"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A TierInfo is a tier that can be asked for, as people read it.
type TierInfo struct {
	Name  pierre.Tier
	Title string // such as "Starter"
	Limit string // such as "10,000 calls per month"
	Price string // such as "9.00 EUR per month"; "": not said
}

// Label returns all of it in one line.
func (t TierInfo) Label() string {
	said := []string{t.Title, t.Limit, t.Price}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")
}

// serverTiers returns the server's tiers.
func (s *Service) serverTiers(ctx context.Context) ([]TierInfo, error) {
	tiers, err := s.server.Tiers(ctx)
	if err != nil {
		return nil, unreachable(err)
	}
	list := make([]TierInfo, len(tiers))
	for i, t := range tiers {
		list[i] = TierInfo{Name: t.Name, Title: titleOf(t.Name), Limit: limitText(t.RateLimit)}
	}
	return list, nil
}

// titleOf returns a tier's name with a capital.
func titleOf(name pierre.Tier) string {
	if name == "" {
		return ""
	}
	text := string(name)
	if 'a' <= text[0] && text[0] <= 'z' {
		text = string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

func limitText(l *adminapi.RateLimit) string {
	if l == nil {
		return "unlimited calls"
	}
	return human.Count(l.Requests) + " calls per " + string(l.Period)
}

// info returns what a mail says of a request. Without the server's word it says less.
func (s *Service) info(ctx context.Context, company string, tier pierre.Tier) mail.RequestInfo {
	info := mail.RequestInfo{Company: company, Tier: titleOf(tier)}
	tiers, err := s.opts.Tiers(ctx)
	if err != nil {
		return info
	}
	for _, t := range tiers {
		if t.Name == tier {
			info.Tier, info.Limit = t.Title, t.Limit
		}
	}
	return info
}
