package account

import (
	"context"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// An exported is all that is kept of a customer, without secrets.
type exported struct {
	Email    string                    `json:"email"`
	Made     time.Time                 `json:"made_at"`
	Keys     []adminapi.Key            `json:"keys"`
	Places   map[pierre.KeyID][]string `json:"key_countries"`         // that keys were used from
	Usage    []usage.BreakdownRow      `json:"usage_by_day_and_tool"` // of the last two years
	Settings db.CustomerSettings       `json:"settings"`
	Sessions []sessionShown            `json:"sessions"`
	Mails    []mailShown               `json:"mails"`
	Billing  billingShown              `json:"billing"`
	Invoices []invoiceShown            `json:"invoices"`
	Contacts contactsShown             `json:"contacts"`
	More     map[string]any            `json:"more,omitempty"`
}

type sessionShown struct {
	Browser string    `json:"browser"`
	Created time.Time `json:"created_at"`
	Seen    time.Time `json:"last_used_at"`
}

type mailShown struct {
	About   string       `json:"about"`
	Subject string       `json:"subject"`
	Written time.Time    `json:"written_at"`
	State   db.MailState `json:"state"`
}

// A billingShown is what stands on invoices to come.
type billingShown struct {
	Company string `json:"company"`
	Address string `json:"address"`
	TaxID   string `json:"tax_id"`
	Tax     string `json:"tax"`      // "": as for everybody; own, exempt or reverse
	TaxRate string `json:"tax_rate"` // percent, of own
	Stripe  string `json:"stripe_customer"`
}

// A contactsShown is what the staff wrote down.
type contactsShown struct {
	Company  string `json:"company"`
	Contacts string `json:"contacts"`
}

// An invoiceShown is an invoice as it was written. Amounts are decimal numbers of the currency.
type invoiceShown struct {
	Number   string      `json:"number"`
	Month    db.Month    `json:"month"`
	Email    string      `json:"email"`
	Company  string      `json:"company"`
	Address  string      `json:"address"`
	TaxID    string      `json:"tax_id"`
	Currency db.Currency `json:"currency"`
	Net      string      `json:"net"`
	TaxName  string      `json:"tax_name"`
	TaxRate  string      `json:"tax_rate"` // percent
	Tax      string      `json:"tax"`
	TaxNote  string      `json:"tax_note"`
	Amount   string      `json:"amount"` // net and tax
	Operator string      `json:"operator"`
	Lines    []lineShown `json:"lines"`
}

type lineShown struct {
	OfMonth  db.Month     `json:"of_month"`
	KeyID    pierre.KeyID `json:"api_key_id"`
	KeyName  string       `json:"name"`
	Tier     pierre.Tier  `json:"tier"`
	Base     string       `json:"base"`
	Included int64        `json:"included"`
	Used     int64        `json:"used"`
	Overage  int64        `json:"overage"`
	Amount   string       `json:"amount"`
}

const exportDays = 730

func (s *Site) export(w http.ResponseWriter, r *http.Request) error {
	email, err := customer(r)
	if err != nil {
		return err
	}
	ctx, now := r.Context(), s.opts.Now().UTC()
	all := exported{
		Email: email, Made: now, Keys: []adminapi.Key{}, Places: map[pierre.KeyID][]string{}, Usage: []usage.BreakdownRow{}, Sessions: []sessionShown{}, Mails: []mailShown{}, Invoices: []invoiceShown{},
	}
	list, err := s.own(ctx, email)
	if err != nil {
		return err
	}
	if len(list.APIKeys) > 0 {
		all.Keys = list.APIKeys
		for _, k := range list.APIKeys {
			if all.Places[k.APIKeyID], err = s.db.KeyCountries(ctx, k.APIKeyID); err != nil {
				return err
			}
		}
		user := list.APIKeys[0].UserID
		b, err := s.allUsage(ctx, user, now.AddDate(0, 0, -exportDays), now)
		if err != nil {
			return err
		}
		all.Usage = append(all.Usage, b.Rows...)
		if err := s.exportKnown(ctx, user, &all); err != nil {
			return err
		}
	}
	if err := s.exportInvoices(ctx, &all); err != nil {
		return err
	}
	if err := s.exportOwn(ctx, &all); err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="my-data.json"`)
	return web.WriteJSON(w, http.StatusOK, all)
}

// exportKnown adds what the site keeps under the customer's id.
func (s *Site) exportKnown(ctx context.Context, user pierre.UserID, all *exported) error {
	b, err := s.db.BillingCustomer(ctx, user)
	if err != nil {
		return err
	}
	all.Billing = billingShown{Company: b.Company, Address: b.Address, TaxID: b.TaxID, Tax: b.Tax, Stripe: b.Stripe}
	if b.Tax == db.TaxOwn {
		all.Billing.TaxRate = b.TaxRate.Decimal()
	}
	c, err := s.db.Customer(ctx, user)
	all.Contacts = contactsShown{c.Company, c.Contacts}
	return err
}

// exportInvoices adds the customer's invoices with their lines.
func (s *Site) exportInvoices(ctx context.Context, all *exported) error {
	list, err := s.db.InvoicesTo(ctx, all.Email)
	if err != nil {
		return err
	}
	for _, i := range list {
		_, lines, err := s.db.InvoiceByNumber(ctx, i.Number)
		if err != nil {
			return err
		}
		shown := invoiceShown{
			Number: i.Printed, Month: i.Month, Email: i.Email, Company: i.Company, Address: i.Address, TaxID: i.TaxID, Currency: i.Currency,
			Net: i.Money(i.Net).Decimal(), TaxName: i.TaxName, TaxRate: i.TaxRate.Decimal(), Tax: i.Money(i.Tax).Decimal(), TaxNote: i.TaxNote,
			Amount: i.Total().Decimal(), Operator: i.Operator, Lines: []lineShown{},
		}
		for _, l := range lines {
			shown.Lines = append(shown.Lines, lineShown{
				l.OfMonth, l.KeyID, l.KeyName, l.Tier, l.Money(l.Base).Decimal(), l.Included, l.Used, l.Overage, l.Money(l.Amount).Decimal(),
			})
		}
		all.Invoices = append(all.Invoices, shown)
	}
	return nil
}

// exportOwn adds what the site keeps under the customer's address.
func (s *Site) exportOwn(ctx context.Context, all *exported) (err error) {
	if all.Settings, err = s.db.CustomerSettings(ctx, all.Email); err != nil {
		return err
	}
	sessions, err := s.db.CustomerSessions(ctx, all.Email, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	for _, session := range sessions {
		all.Sessions = append(all.Sessions, sessionShown{session.Browser, session.Created, session.Seen})
	}
	mails, err := s.outbox.To(ctx, all.Email)
	if err != nil {
		return err
	}
	for _, m := range mails {
		all.Mails = append(all.Mails, mailShown{m.Kind, m.Subject, m.Written, m.State})
	}
	if s.opts.Extra != nil {
		all.More, err = s.opts.Extra(ctx, all.Email)
	}
	return err
}
