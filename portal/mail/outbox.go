package mail

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/portal/db"
)

// A Sealer encrypts the texts of mails while they wait, since they hold links that sign somebody in. Package keyring has one.
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

// An Outbox is where mails wait. It is safe for concurrent use.
type Outbox struct {
	db   *db.DB
	seal Sealer
	now  func() time.Time
}

// NewOutbox returns the outbox of a database.
func NewOutbox(d *db.DB, seal Sealer, now func() time.Time) *Outbox { return &Outbox{d, seal, now} }

// body is what is sealed.
type body struct {
	Text string `json:"text"`
	HTML string `json:"html"`
}

func purposeOf(id string) []byte { return []byte("portal_mails/" + id) }

// Enqueue puts a mail into the outbox as part of a transaction: it is sent if, and only if, the transaction is kept.
func (o *Outbox) Enqueue(ctx context.Context, t *db.Tx, m Message) error {
	m, err := m.check()
	if err != nil {
		return err
	}
	plain, err := json.Marshal(body{m.Text, m.HTML})
	if err != nil {
		return fmt.Errorf("encoding a mail: %w", err)
	}
	id := rand.Text()
	_, err = o.db.AddMail(ctx, t, db.Mail{
		ID: id, Kind: string(m.Kind), Recipient: m.To, Subject: m.Subject, Sealed: o.seal.Seal(plain, purposeOf(id)), Written: o.now(), Expires: m.Expires,
	}, m.Once)
	return err
}

// Post is Enqueue in a transaction of its own.
func (o *Outbox) Post(ctx context.Context, m Message) error {
	return o.db.Apply(ctx, "putting a mail into the outbox", func(t *db.Tx) error { return o.Enqueue(ctx, t, m) })
}

// outgoing returns a mail as it is sent.
func (o *Outbox) outgoing(m db.Mail) (Outgoing, error) {
	plain, err := o.seal.Open(m.Sealed, purposeOf(m.ID))
	if err != nil {
		return Outgoing{}, err
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return Outgoing{}, fmt.Errorf("decoding a mail: %w", err)
	}
	return Outgoing{Message{Kind(m.Kind), m.Recipient, m.Subject, b.Text, b.HTML, m.Expires, ""}, m.ID, m.Written}, nil
}

// A List is what staff see of the outbox.
type List struct {
	db.MailCounts // late are those that have been on their way for ten minutes

	Mails []db.Mail // the newest dead ones
}

const (
	lateAfter = 10 * time.Minute
	listed    = 100
)

// List returns what waits and what could not be sent.
func (o *Outbox) List(ctx context.Context) (List, error) {
	var l List
	var err error
	if l.MailCounts, err = o.db.CountMails(ctx, o.now().Add(-lateAfter)); err != nil {
		return l, err
	}
	l.Mails, err = o.db.Mails(ctx, db.MailFilter{State: db.MailDead, Limit: listed})
	return l, err
}

// To returns the newest mails to a person, whatever became of them.
func (o *Outbox) To(ctx context.Context, recipient string) ([]db.Mail, error) {
	return o.db.Mails(ctx, db.MailFilter{Recipient: recipient, Limit: listed})
}

// SendAgain makes a dead mail wait again. Another one is [pierre.KindConflict].
func (o *Outbox) SendAgain(ctx context.Context, id string) error {
	return o.db.ReviveMail(ctx, id, o.now())
}
