package billing_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
)

// TestPagesOfAMonth: lines and invoices of many customers are on pages that follow each other, none of which parts a customer;
// an open month is read once a minute, and priced anew at once.
func TestPagesOfAMonth(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := newSite(t, newDB(t), s.client, billing.Options{Now: s.clock})
	price := pro()
	if err := b.db.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, price); err != nil {
		t.Fatal(err)
	}
	const customers, each = 52, 3
	first := s.key("c00@example.com", "professional", "K00-0")
	for n := range customers {
		for k := range each {
			if n+k > 0 {
				s.key(fmt.Sprintf("c%02d@example.com", n), "professional", fmt.Sprintf("K%02d-%d", n, k))
			}
		}
	}
	page := func(path string) string {
		t.Helper()
		return b.want(t, "viewer", "GET /admin/billing/months/2026-10"+path, http.StatusOK, nil)
	}
	const fit = 100 / each
	look := func(month string) {
		t.Helper()
		one, two := page(""), page(fmt.Sprintf("?lines=%d", fit*each+1))
		if n, m := strings.Count(one, "<small>key_"), strings.Count(two, "<small>key_"); n != fit*each || m != (customers-fit)*each {
			t.Errorf("%s: %d and %d lines", month, n, m)
		}
		if !strings.Contains(one, fmt.Sprintf("?lines=%d#lines", fit*each+1)) || strings.Count(one, "#lines") != 1 || strings.Count(two, "#lines") != 1 {
			t.Errorf("%s: the links between pages", month)
		}
		for _, path := range []string{"?lines=9999", "?lines=-1", "?lines=x", "?invoices=9999", "?invoices=%3Cb%3E"} {
			page(path)
		}
	}
	look("open")
	sum := func(n int64) string { return db.Money{Minor: n * customers * each, Currency: price.Currency}.String() }
	s.calls(first, "professional", s.clock().Add(-time.Minute), 7)
	if body := page(""); !strings.Contains(body, sum(price.Base)) || !strings.Contains(body, " 0 calls") {
		t.Errorf("the month was read twice in a minute: %s", body)
	}
	price.Base++
	if err := b.db.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, price); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page(""), sum(price.Base)) {
		t.Error("the new price is not shown")
	}
	s.at(s.clock().Add(time.Minute))
	if !strings.Contains(page(""), " 7 calls") {
		t.Error("the month was not read again")
	}
	s.at(noon(11, 2))
	if m, err := b.Close(t.Context(), admin(), "2026-10"); err != nil || m.Calls != 7 || m.Lines != customers*each {
		t.Fatalf("%+v, %v", m, err)
	}
	look("closed")
	if body := page(""); strings.Count(body, "/admin/billing/invoices/") != 50 || !strings.Contains(body, "?invoices=51#invoices") || !strings.Contains(body, sum(price.Base)) {
		t.Errorf("invoices of a closed month: %s", body)
	}
	if body := page("?invoices=51&lines=100"); strings.Count(body, "/admin/billing/invoices/") != 2 || !strings.Contains(body, "?lines=100#invoices") {
		t.Errorf("the next invoices: %s", body)
	}
	if _, err := b.db.VerifyBilling(t.Context()); pierre.KindOf(err) == pierre.KindConflict {
		t.Error(err)
	}
}
