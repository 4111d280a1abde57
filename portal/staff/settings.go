package staff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

const settingsPath = "/admin/settings"

// settingsData is what the page staff/settings shows.
type settingsData struct {
	Settings db.Settings
	Form     ui.Form
	Email    string // of who looks: where a test mail goes
}

func (s *Service) settingsPage(w http.ResponseWriter, r *http.Request) error {
	now, err := s.db.Settings(r.Context())
	if err != nil {
		return err
	}
	return s.showSettings(w, r, http.StatusOK, now, ui.Form{Values: valuesOf(now)})
}

func (s *Service) showSettings(w http.ResponseWriter, r *http.Request, status int, now db.Settings, f ui.Form) error {
	p, _ := route.PersonFrom(r.Context())
	return s.pages.Page(w, r, status, "staff/settings", settingsData{Settings: now, Form: f, Email: p.Email})
}

// parts are the forms of the page, and the fields of each.
func parts(s *db.Settings) map[string]map[string]*string {
	return map[string]map[string]*string{
		"brand":   {"operator": &s.Operator, "tagline": &s.Tagline, "support": &s.Support, "accent": &s.Accent},
		"legal":   {"imprint": &s.Imprint, "terms": &s.Terms, "privacy": &s.Privacy},
		"invoice": {"letterhead": &s.Letterhead, "invoice_prefix": &s.InvoicePrefix, "invoice_note": &s.InvoiceNote, "tax_name": &s.TaxName, "tax_rate": &s.TaxRate, "exempt_note": &s.ExemptNote, "reverse_note": &s.ReverseNote},
		"rules":   {"decide_within": &s.DecideWithin},
	}
}

func valuesOf(s db.Settings) url.Values {
	values := url.Values{}
	for _, fields := range parts(&s) {
		for name, value := range fields {
			values.Set(name, *value)
		}
	}
	return values
}

// changeSettings changes one part of the settings.
func (s *Service) changeSettings(w http.ResponseWriter, r *http.Request) error {
	part := r.PathValue("part")
	f, err := form(w, r)
	if err != nil {
		return err
	}
	err = s.db.ChangeSettings(r.Context(), s.act(r), part, func(now *db.Settings) error {
		fields, ok := parts(now)[part]
		if !ok {
			return pierre.NotFound("This part of the settings")
		}
		for name, into := range fields {
			*into = strings.TrimSpace(f.Get(name))
		}
		if part == "rules" {
			now.TwoPersons, now.MailPlainKey, now.NoDailyMail = f.Has("two_persons"), f.Has("mail_plain_key"), !f.Has("daily_mail")
		}
		return nil
	})
	if e, ok := errors.AsType[*pierre.Error](err); ok && e.Kind == pierre.KindInvalid {
		now, err := s.db.Settings(r.Context())
		if err != nil {
			return err
		}
		values := valuesOf(now)
		for name := range f {
			values.Set(name, f.Get(name)) // what was typed stays
		}
		return s.showSettings(w, r, http.StatusUnprocessableEntity, now, ui.Form{Values: values, Errors: map[string]string{e.Field: e.Msg}})
	}
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The settings were saved."})
	return goTo(w, r, settingsPath)
}

// testMail sends who asks for it a mail.
func (s *Service) testMail(w http.ResponseWriter, r *http.Request) error {
	ctx, act := r.Context(), s.act(r)
	err := s.db.Update(ctx, "sending a test mail", func(t *db.Tx) error {
		if err := s.mail.Test(ctx, t, act.Person); err != nil {
			return err
		}
		return db.Audit(ctx, t, act, "settings.test_mail", act.Person, struct{}{})
	})
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "A mail is on its way to " + act.Person + "."})
	return goTo(w, r, settingsPath)
}

// Brand returns how the operator of the site with that database shows itself. If the settings cannot be read, it is the
// product itself.
func Brand(ctx context.Context, d *db.DB) ui.Brand {
	now, err := d.Settings(ctx)
	if err != nil {
		return ui.Brand{}
	}
	b := ui.Brand{Name: now.Operator, Tagline: now.Tagline, Accent: now.Accent, Logo: LogoOf(now), Support: now.Support}
	for _, l := range legal(now) {
		if l.body != "" {
			b.Legal = append(b.Legal, ui.Link{Text: l.title, URL: "/legal/" + l.name})
		}
	}
	return b
}

type legalText struct{ name, title, body string }

func legal(s db.Settings) []legalText {
	return []legalText{{"imprint", "Imprint", s.Imprint}, {"terms", "Terms", s.Terms}, {"privacy", "Privacy", s.Privacy}}
}

// legalPage shows a legal text, in paragraphs.
func (s *Service) legalPage(w http.ResponseWriter, r *http.Request) error {
	now, err := s.db.Settings(r.Context())
	if err != nil {
		return err
	}
	for _, l := range legal(now) {
		if l.name == r.PathValue("text") && l.body != "" {
			return s.pages.Page(w, r, http.StatusOK, "staff/legal", struct {
				Title      string
				Paragraphs []string
			}{l.title, strings.Split(l.body, "\n\n")})
		}
	}
	return pierre.NotFound("This page")
}
