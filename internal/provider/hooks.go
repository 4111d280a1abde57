package provider

import (
	"context"
	"net/http"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Called takes a call of a provider: connections to the accounts that it names become due. answer is what the provider wants
// to read, if it only makes sure that the address is ours.
func (s *Service) Called(ctx context.Context, name pierre.Provider, r *http.Request, body []byte) (answer []byte, err error) {
	p, err := s.provider(name)
	if err != nil || p.Hook == nil || s.apps[name].ClientID == "" {
		return nil, pierre.NotFound("webhook")
	}
	app := s.apps[name]
	if p.Hook.Answer != nil {
		if answer, ok := p.Hook.Answer(r, app); ok {
			return answer, nil
		}
	}
	accounts, err := p.Hook.Accounts(r, body, app)
	if err != nil {
		return nil, err
	}
	const most = 100
	for _, account := range accounts[:min(len(accounts), most)] {
		if _, err := s.store.CallForSync(ctx, name, account, s.now()); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
