package db_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

func TestCustomersAreKeptAndChanged(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, act := t.Context(), db.Act{Person: "eva@staff.test", At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
		if c, err := d.Customer(ctx, "user_a"); err != nil || c != (db.Customer{User: "user_a"}) {
			t.Errorf("an unknown customer is %+v, %v", c, err)
		}
		want := db.Customer{User: "user_a", Company: "<script>", Contacts: "Ana\n+41 1"}
		for _, c := range []db.Customer{{User: "user_a", Company: "Old"}, want, {User: "user_b", Contacts: "Bob"}, {User: "user_c", Company: "C"}} {
			if err := d.SetCustomer(ctx, act, c); err != nil {
				t.Fatal(err)
			}
		}
		if c, err := d.Customer(ctx, "user_a"); err != nil || c != want {
			t.Errorf("Customer = %+v, %v", c, err)
		}
		got, err := d.Companies(ctx, []pierre.UserID{"user_a", "user_b", "user_x"})
		if err != nil || len(got) != 1 || got["user_a"] != "<script>" {
			t.Errorf("Companies = %v, %v", got, err)
		}
		if got, err := d.Companies(ctx, nil); err != nil || len(got) != 0 {
			t.Errorf("Companies of nobody = %v, %v", got, err)
		}
		for _, c := range []db.Customer{{Company: strings.Repeat("a", 201)}, {Company: "a\nb"}, {Contacts: strings.Repeat("a", 4001)}, {Contacts: "\x00"}} {
			if err := d.SetCustomer(ctx, act, c); pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("%.20q was kept: %v", c.Company+c.Contacts, err)
			}
		}
	})
}
