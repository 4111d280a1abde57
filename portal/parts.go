package portal

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/account"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/requests"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/staff"
)

// health returns the routes that machines watch: /health reports that the process runs, /ready that its database answers.
func health(d *db.DB) []route.Route {
	return []route.Route{
		{Pattern: "GET /health", Handler: func(w http.ResponseWriter, _ *http.Request) error {
			return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": buildinfo.Version()})
		}},
		{Pattern: "GET /ready", Handler: func(w http.ResponseWriter, r *http.Request) error {
			if err := d.Ready(r.Context()); err != nil {
				return &pierre.Error{Kind: pierre.KindUnavailable, Msg: pierre.MessageOf(err, "The database does not answer."), Err: err}
			}
			return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
		}},
	}
}

// previews returns the pages that show all mails with sample data, in development.
func (p *parts) previews() []route.Route {
	if !p.opts.Development {
		return nil
	}
	return []route.Route{{Pattern: "GET /mails/{name...}", Handler: func(w http.ResponseWriter, r *http.Request) error {
		list, err := mail.Previews(p.texts(r.Context()), p.opts.Now())
		if err != nil {
			return err
		}
		at := *r.URL
		at.Path = "/" + r.PathValue("name")
		of := r.WithContext(r.Context())
		of.URL = &at
		return mail.ServePreviews(list)(w, of)
	}}}
}

// product is what stands for the operator's name until it is set.
const product = "Pierre"

// texts returns what mails say of the operator.
func (p *parts) texts(ctx context.Context) mail.Texts {
	now, err := p.c.DB.Settings(ctx)
	if err != nil {
		now = db.Settings{} // a mail without the operator's name is better than none
	}
	return mail.Texts{Operator: cmp.Or(now.Operator, product), BaseURL: p.c.BaseURL, Accent: now.Accent, Support: now.Support, Logo: staff.LogoOf(now)}
}

func (p *parts) requestSettings(ctx context.Context) (requests.Settings, error) {
	now, err := p.c.DB.Settings(ctx)
	if err != nil {
		return requests.Settings{}, err
	}
	return requests.Settings{TwoPersons: now.TwoPersons, MailKey: now.MailPlainKey, Within: now.DecideWithin, Texts: p.texts(ctx)}, nil
}

// wishes returns what a customer asked for that waits, for the account's page.
func (p *parts) wishes(ctx context.Context, email string) ([]account.Wish, error) {
	list, err := p.asked.Waiting(ctx, email)
	wishes := make([]account.Wish, len(list))
	for n, r := range list {
		wishes[n] = account.Wish(r)
	}
	return wishes, err
}

// staffMail writes the mails of package staff.
type staffMail struct {
	outbox *mail.Outbox
	texts  func(context.Context) mail.Texts
}

// Invite implements [staff.Mail].
func (m staffMail) Invite(ctx context.Context, t *db.Tx, i staff.Invitation) error {
	letter, err := m.texts(ctx).Invitation(i.To, i.Inviter, i.Role.String(), i.Token, i.Until)
	if err != nil {
		return err
	}
	return m.outbox.Enqueue(ctx, t, letter)
}

// Test implements [staff.Mail].
func (m staffMail) Test(ctx context.Context, t *db.Tx, to string) error {
	letter, err := m.texts(ctx).Test(to, to, time.Now())
	if err != nil {
		return err
	}
	return m.outbox.Enqueue(ctx, t, letter)
}

// billMail writes the mails of package billing.
type billMail struct {
	outbox *mail.Outbox
	texts  func(context.Context) mail.Texts
}

// Invoice implements [billing.Mail].
func (m billMail) Invoice(ctx context.Context, t *db.Tx, i db.Invoice) error {
	letter, err := m.texts(ctx).Invoice(i.Email, mail.InvoiceNotice{
		Number: i.Printed, Period: i.Month.String(), Total: i.Total().String(), Path: "/account/invoices/" + strconv.FormatInt(i.Number, 10),
	})
	if err != nil {
		return err
	}
	return m.outbox.Enqueue(ctx, t, letter)
}

func errForeign() error {
	return &pierre.Error{Kind: pierre.KindDenied, Msg: "This change was asked for by another site's page, so it was not made. Open the page here and try again."}
}
