package db

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Settings are what the operator chose on the settings page. The zero Settings work.
type Settings struct {
	Operator string `json:"operator,omitempty"` // the operator's name, on every page and mail; "": the product's
	Tagline  string `json:"tagline,omitempty"`  // one sentence on the landing page
	Support  string `json:"support,omitempty"`  // e-mail address for questions
	Accent   string `json:"accent,omitempty"`   // colour of buttons, such as #3b5bdb; "": the site's own

	Logo string `json:"logo,omitempty"` // SHA-256 of the logo in hexadecimal, see [DB.SetLogo]; "": there is none

	Imprint string `json:"imprint,omitempty"` // legal texts, plain; "": there is no such page
	Terms   string `json:"terms,omitempty"`
	Privacy string `json:"privacy,omitempty"`

	Letterhead    string `json:"letterhead,omitempty"`     // of invoices: the operator's address and tax number, in lines
	InvoicePrefix string `json:"invoice_prefix,omitempty"` // before the number of an invoice
	InvoiceNote   string `json:"invoice_note,omitempty"`   // below the sum, such as how to pay
	TaxName       string `json:"tax_name,omitempty"`       // such as VAT; "": Tax
	TaxRate       string `json:"tax_rate,omitempty"`       // a percentage that is added to all prices, such as 19; "": 0
	ExemptNote    string `json:"exempt_note,omitempty"`    // on invoices of customers who pay no tax; "": the site's own
	ReverseNote   string `json:"reverse_note,omitempty"`   // on those of customers who owe it themselves; "": the site's own

	TwoPersons   bool   `json:"two_persons,omitempty"`   // a request is approved by two of the staff
	DecideWithin string `json:"decide_within,omitempty"` // how long a decision about a request usually takes, such as "one working day"; "": not said

	MailPlainKey bool `json:"mail_plain_key,omitempty"` // a key is mailed as it is instead of a link to it
	NoDailyMail  bool `json:"no_daily_mail,omitempty"`  // the staff gets no mail each morning
}

const (
	maxLine = 200    // characters
	maxText = 50_000 // characters
)

// Validate reports the first thing that is wrong.
func (s Settings) Validate() error {
	for _, f := range []struct {
		field, text string
		longest     int
		lines       bool
	}{
		{"operator", s.Operator, maxLine, false},
		{"tagline", s.Tagline, maxLine, false},
		{"decide_within", s.DecideWithin, 60, false},
		{"invoice_prefix", s.InvoicePrefix, 20, false},
		{"tax_name", s.TaxName, 20, false},
		{"exempt_note", s.ExemptNote, maxLine, false},
		{"reverse_note", s.ReverseNote, maxLine, false},
		{"imprint", s.Imprint, maxText, true},
		{"terms", s.Terms, maxText, true},
		{"privacy", s.Privacy, maxText, true},
		{"letterhead", s.Letterhead, 1000, true},
		{"invoice_note", s.InvoiceNote, 1000, true},
	} {
		control := func(r rune) bool { return unicode.IsControl(r) && (!f.lines || r != '\n') }
		switch {
		case utf8.RuneCountInString(f.text) > f.longest:
			return pierre.Invalid(f.field, "At most %d characters.", f.longest)
		case strings.ContainsFunc(f.text, control) || !utf8.ValidString(f.text):
			return pierre.Invalid(f.field, "There are characters in it that cannot be shown.")
		}
	}
	if _, err := ParseRate("tax_rate", s.TaxRate); err != nil {
		return err
	}
	if s.Support != "" {
		if _, err := pierre.NormalizeEmail(s.Support); err != nil {
			return pierre.Invalid("support", "This is not an e-mail address.")
		}
	}
	if s.Accent != "" && (len(s.Accent) != 7 || s.Accent[0] != '#' || strings.Trim(strings.ToLower(s.Accent[1:]), "0123456789abcdef") != "") {
		return pierre.Invalid("accent", "Write a colour such as #3b5bdb.")
	}
	return nil
}

// Settings returns what the operator chose.
func (db *DB) Settings(ctx context.Context) (Settings, error) {
	return readSettings(db.Row(ctx, `SELECT content FROM portal_settings WHERE id = 1`))
}

func readSettings(from scanner) (s Settings, err error) {
	var text string
	if err := from.Scan(&text); err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	return s, nil
}

// ChangeSettings changes the settings and notes which part of them. The change gets the settings as they are.
func (db *DB) ChangeSettings(ctx context.Context, act Act, part string, change func(*Settings) error) error {
	return db.Update(ctx, "changing the settings", func(t *Tx) error {
		before, s, err := changeSettings(ctx, t, change)
		if err != nil {
			return err
		}
		return Audit(ctx, t, act, "settings.change", part, map[string]bool{
			"two_persons": s.TwoPersons, "mail_plain_key": s.MailPlainKey, "changed": before != s,
		})
	})
}

// changeSettings returns the settings before and after the change.
func changeSettings(ctx context.Context, t *Tx, change func(*Settings) error) (before, s Settings, err error) {
	if before, err = readSettings(t.Row(ctx, `SELECT content FROM portal_settings WHERE id = 1`)); err != nil {
		return before, s, err
	}
	s = before
	if err := change(&s); err != nil {
		return before, s, err
	}
	if err := s.Validate(); err != nil {
		return before, s, err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return before, s, fmt.Errorf("keeping the settings: %w", err)
	}
	_, err = t.Exec(ctx, `UPDATE portal_settings SET content = $1 WHERE id = 1`, string(text))
	return before, s, err
}
