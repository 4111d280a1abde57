package mailtest

import (
	"context"
	"slices"
	"sync"

	"github.com/pierre-mcp/pierre/portal/mail"
)

// An Inbox is a [mail.Sender] that keeps the mails, for tests that are not about how they are sent.
type Inbox struct {
	mu   sync.Mutex
	sent []mail.Outgoing
}

// Send implements [mail.Sender].
func (b *Inbox) Send(_ context.Context, m mail.Outgoing) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, m)
	return nil
}

// To returns the texts of the mails to the address, the first one first.
func (b *Inbox) To(address string) (texts []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.sent {
		if m.To == address {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// All returns the mails, the first one first.
func (b *Inbox) All() []mail.Outgoing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sent)
}
