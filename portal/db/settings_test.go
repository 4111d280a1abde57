package db_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

func TestSettingsAreKept(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := db.Settings{
			Operator: "Club Ö", Tagline: "T", Support: "help@example.com", Accent: "#3b5bdb", Imprint: "I\nJ", Terms: "T", Privacy: "P",
			Letterhead: "L\nM", InvoicePrefix: "2026-", InvoiceNote: "N", TwoPersons: true, MailPlainKey: true,
		}
		if got, err := d.Settings(t.Context()); err != nil || got != (db.Settings{}) {
			t.Errorf("the first settings: %+v, %v", got, err)
		}
		set := func(s db.Settings) error {
			return d.ChangeSettings(t.Context(), by("a@example.com"), "all", func(now *db.Settings) error { *now = s; return nil })
		}
		if err := set(want); err != nil {
			t.Fatal(err)
		}
		for field, wrong := range map[string]db.Settings{
			"operator": {Operator: strings.Repeat("x", 201)}, "tagline": {Tagline: "a\nb"}, "support": {Support: "x"}, "accent": {Accent: "#12345g"},
			"imprint": {Imprint: "a\x00"}, "terms": {Terms: strings.Repeat("ü", 50_001)}, "privacy": {Privacy: "\xff"}, "letterhead": {Letterhead: "\t"},
			"invoice_prefix": {InvoicePrefix: strings.Repeat("1", 21)}, "invoice_note": {InvoiceNote: "\r"},
		} {
			err := set(wrong)
			if e, ok := errors.AsType[*pierre.Error](err); !ok || e.Kind != pierre.KindInvalid || e.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if got, err := d.Settings(t.Context()); err != nil || got != want {
			t.Errorf("the settings: %+v, %v", got, err)
		}
		if list, err := d.AuditLog(t.Context(), db.AuditQuery{Limit: 10}); err != nil || len(list) != 1 || list[0].Action != "settings.change" {
			t.Errorf("the audit log: %+v, %v", list, err)
		}
	})
}
