package billing

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// invoiceData is what the pages billing/invoice and billing/own-invoice show.
type invoiceData struct {
	Invoice    db.Invoice
	Lines      []db.BillingLine
	Date       time.Time // when the month was closed
	Letterhead []string  // lines
	Address    []string  // lines
	Note       []string  // lines
}

func textLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// invoice returns the invoice that the path names.
func (s *Service) invoice(r *http.Request) (d invoiceData, err error) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return d, pierre.NotFound("This invoice")
	}
	i, lines, err := s.db.InvoiceByNumber(r.Context(), number)
	if err != nil {
		return d, err
	}
	m, err := s.closed(r, i.Month)
	if err != nil || m == nil {
		return d, err
	}
	for _, l := range lines {
		if l.Amount > 0 || l.Used > 0 {
			d.Lines = append(d.Lines, l)
		}
	}
	d.Invoice, d.Date = i, m.Closed
	d.Letterhead, d.Address, d.Note = textLines(i.Letterhead), textLines(i.Address), textLines(i.Note)
	return d, nil
}

func (s *Service) invoicePage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.invoice(r)
	if err != nil {
		return err
	}
	return s.pages.Page(w, r, http.StatusOK, "billing/invoice", &d)
}

// ownInvoice shows a customer an invoice of theirs. Another's does not exist.
func (s *Service) ownInvoice(w http.ResponseWriter, r *http.Request) error {
	d, err := s.invoice(r)
	if err != nil {
		return err
	}
	if a, ok := route.CustomerFrom(r.Context()); !ok || d.Invoice.Email != a.Email {
		return pierre.NotFound("This invoice")
	}
	return s.pages.Page(w, r, http.StatusOK, "billing/own-invoice", &d)
}

// ownInvoices shows a customer all invoices of theirs.
func (s *Service) ownInvoices(w http.ResponseWriter, r *http.Request) error {
	a, _ := route.CustomerFrom(r.Context())
	list, err := s.db.InvoicesTo(r.Context(), a.Email)
	if err != nil {
		return err
	}
	return s.pages.Page(w, r, http.StatusOK, "billing/own-invoices", struct{ Invoices []db.Invoice }{list})
}

// customerData is what the page billing/customer shows.
type customerData struct {
	UserID   pierre.UserID
	Form     ui.Form
	Taxes    []ui.Choice
	Invoices []db.Invoice
	MayEdit  bool
}

func (s *Service) customerPage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.db.BillingCustomer(r.Context(), pierre.UserID(r.PathValue("id")))
	if err != nil {
		return err
	}
	values := url.Values{"company": {c.Company}, "address": {c.Address}, "tax_id": {c.TaxID}, "stripe": {c.Stripe}, "tax": {c.Tax}}
	if c.Tax == db.TaxOwn {
		values.Set("tax_rate", c.TaxRate.Decimal())
	}
	return s.showCustomer(w, r, http.StatusOK, ui.Form{Values: values})
}

func (s *Service) showCustomer(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	id := pierre.UserID(r.PathValue("id"))
	if !isUser(id) {
		return pierre.NotFound("This customer")
	}
	list, err := s.db.InvoicesOf(r.Context(), id)
	if err != nil {
		return err
	}
	p, _ := route.PersonFrom(r.Context())
	return s.pages.Page(w, r, status, "billing/customer", customerData{UserID: id, Form: f, Taxes: taxes(), Invoices: list, MayEdit: p.May(route.Admin)})
}

const maxID = 64

// isUser reports whether text may be the id of a user.
func isUser(id pierre.UserID) bool {
	return id != "" && len(id) <= maxID && strings.Trim(string(id), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// setCustomer changes what stands on a customer's next invoices. Those that there are stay as they are.
func (s *Service) setCustomer(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(w, r); err != nil {
		return err
	}
	f := r.PostForm
	c := db.BillingCustomer{UserID: pierre.UserID(r.PathValue("id"))}
	if !isUser(c.UserID) {
		return pierre.NotFound("This customer")
	}
	wrong := map[string]string{}
	for _, in := range []struct {
		field   string
		into    *string
		longest int
	}{{"company", &c.Company, 200}, {"address", &c.Address, 1000}, {"tax_id", &c.TaxID, 50}, {"stripe", &c.Stripe, 60}} {
		*in.into = strings.TrimSpace(strings.ReplaceAll(f.Get(in.field), "\r\n", "\n"))
		control := func(c rune) bool { return unicode.IsControl(c) && (c != '\n' || in.field != "address") }
		if utf8.RuneCountInString(*in.into) > in.longest || !utf8.ValidString(*in.into) || strings.ContainsFunc(*in.into, control) {
			wrong[in.field] = "This is too long, or has characters that cannot be shown."
		}
	}
	if c.Stripe != "" && (!strings.HasPrefix(c.Stripe, "cus_") || strings.ContainsFunc(c.Stripe, func(c rune) bool {
		return c > unicode.MaxASCII || c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})) {
		wrong["stripe"] = "An id at Stripe begins with cus_."
	}
	c.Tax, c.TaxRate = taxOf(f, c, wrong)
	if len(wrong) > 0 {
		return s.showCustomer(w, r, http.StatusUnprocessableEntity, ui.Form{Values: f, Errors: wrong})
	}
	err := s.db.SetBillingCustomer(r.Context(), s.act(r), c)
	if e, ok := errors.AsType[*pierre.Error](err); ok && e.Kind == pierre.KindInvalid {
		return s.showCustomer(w, r, http.StatusUnprocessableEntity, ui.Form{Values: f, Errors: map[string]string{e.Field: e.Msg}})
	}
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The address was saved. It stands on invoices from the next closing on."})
	return goTo(w, r, billingPath+"/customers/"+string(c.UserID))
}

// An exportLine is a line as the export has it. Amounts are in the currency's smallest unit.
type exportLine struct {
	Month      db.Month      `json:"month"`
	OfMonth    db.Month      `json:"of_month"` // an earlier month in a correction
	Closed     bool          `json:"closed"`
	UserID     pierre.UserID `json:"user_id"`
	Email      string        `json:"email"`
	KeyID      pierre.KeyID  `json:"api_key_id"`
	KeyName    string        `json:"name"`
	Tier       pierre.Tier   `json:"tier"`
	Currency   db.Currency   `json:"currency"`
	Base       int64         `json:"base"`
	Included   int64         `json:"included"`
	Used       int64         `json:"used"`
	Overage    int64         `json:"overage"`
	Price      int64         `json:"price"`
	PriceCalls int64         `json:"price_calls"`
	Amount     int64         `json:"amount"`
}

// export answers with the lines of a month, as CSV or JSON.
func (s *Service) export(w http.ResponseWriter, r *http.Request) error {
	d, err := s.monthOf(r)
	if err != nil {
		return err
	}
	lines, err := s.allLines(r.Context(), &d)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	name := "billing-" + string(d.Month)
	if r.URL.Query().Get("format") == "json" {
		list := make([]exportLine, len(lines))
		for n, l := range lines {
			list[n] = exportLine{
				l.Month, l.OfMonth, d.Closed != nil, l.UserID, l.Email, l.KeyID, l.KeyName, l.Tier, l.Currency,
				l.Base, l.Included, l.Used, l.Overage, l.Price, l.PriceCalls, l.Amount,
			}
		}
		body, err := json.Marshal(map[string]any{"month": d.Month, "closed": d.Closed != nil, "calls": d.Calls, "lines": list})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.json"`)
		_, err = w.Write(body)
		return err
	}
	table := [][]string{{
		"month", "of_month", "user_id", "email", "api_key_id", "name", "tier", "currency", "base", "included", "used", "overage", "price", "price_calls", "amount",
	}}
	for n := range lines {
		l := &lines[n]
		table = append(table, []string{
			string(l.Month), string(l.OfMonth), string(l.UserID), l.Email, string(l.KeyID), l.KeyName, string(l.Tier), string(l.Currency),
			l.Money(l.Base).Decimal(), strconv.FormatInt(l.Included, 10), strconv.FormatInt(l.Used, 10), strconv.FormatInt(l.Overage, 10),
			l.Money(l.Price).Decimal(), strconv.FormatInt(l.PriceCalls, 10), l.Money(l.Amount).Decimal(),
		})
	}
	return web.WriteCSV(w, name+".csv", table)
}
