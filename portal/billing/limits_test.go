package billing_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const hostile = `"><script>alert(1)</script>`

// priced returns a site with a price of professional, and a key with calls in October.
func priced(t *testing.T) (*server, *site, adminapi.FreshKey) {
	t.Helper()
	s := newServer(t)
	b := newSite(t, newDB(t), s.client, billing.Options{Now: s.clock})
	if err := b.db.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, pro()); err != nil {
		t.Fatal(err)
	}
	k := s.key("ana@example.com", "professional", hostile)
	s.calls(k, "professional", noon(10, 6), 110)
	return s, b, k
}

// TestMonthsThatAreNone: not found, whatever is asked of them.
func TestMonthsThatAreNone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := newSite(t, newDB(t), s.client, billing.Options{Now: s.clock})
	for _, month := range []string{"2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "1999-12", "3000-01", "x", "%00", "%ff", "2026-10%0a", "+2026-10", "%EF%BC%922026-10"} {
		path := "/admin/billing/months/" + month
		b.want(t, "viewer", "GET "+path, http.StatusNotFound, nil)
		b.want(t, "viewer", "GET "+path+"/export", http.StatusNotFound, nil)
		b.want(t, "admin", "POST "+path+"/close", http.StatusNotFound, nil, "confirm", month)
		b.want(t, "admin", "POST "+path+"/retry", http.StatusNotFound, nil)
		b.want(t, "approver", "POST "+path+"/retry", http.StatusForbidden, nil)
	}
	b.want(t, "viewer", "GET /admin/billing/months/2026-11", http.StatusNotFound, nil) // it has not begun
	b.want(t, "viewer", "GET /admin/billing/months/2026-11/export", http.StatusNotFound, nil)
	b.want(t, "viewer", "GET /admin/billing/months/2026-10", http.StatusOK, []string{"0 calls"})
	if body := b.want(t, "viewer", "GET /admin/billing/months/2026-10/export?format=json", http.StatusOK, nil); !strings.Contains(body, `"lines":[]`) || !strings.Contains(body, `"closed":false`) {
		t.Errorf("a month of nothing as JSON: %s", body)
	}
	b.want(t, "viewer", "GET /admin/billing", http.StatusOK, []string{"No tier has a price yet", "No month was closed yet"})
}

// TestMonthsCloseInOrder: from ten minutes after their end on, and none before one that was closed.
func TestMonthsCloseInOrder(t *testing.T) {
	t.Parallel()
	s, b, _ := priced(t)
	ready := time.Date(2026, 11, 1, 0, 10, 0, 0, time.UTC)
	s.at(ready.Add(-1))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("before ten minutes: %v", err)
	}
	if body := b.want(t, "admin", "GET /admin/billing", http.StatusOK, nil); strings.Contains(body, "Can be closed") {
		t.Error("a month can be closed before ten minutes")
	}
	s.at(ready)
	b.want(t, "admin", "GET /admin/billing", http.StatusOK, []string{"Can be closed"})
	if m, err := b.Close(t.Context(), admin(), "2026-10"); err != nil || m.Lines != 1 || m.Calls != 110 {
		t.Errorf("after ten minutes: %+v, %v", m, err)
	}
	for _, month := range []db.Month{"2026-09", "2026-10", "2026-11", "2026-12"} {
		if _, err := b.Close(t.Context(), admin(), month); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("closing %v after October: %v", month, err)
		}
	}
	if len(b.mail.sent) != 1 {
		t.Errorf("mailed: %v", b.mail.sent)
	}
}

// fullMailbox takes no mail.
type fullMailbox struct{}

func (fullMailbox) Invoice(context.Context, *db.Tx, db.Invoice) error {
	return errors.New("no more")
}

// TestMonthsStayOpenWithoutTheirMails: what closes a month is done as a whole, or not at all, and numbers have no gap.
func TestMonthsStayOpenWithoutTheirMails(t *testing.T) {
	t.Parallel()
	s, b, _ := priced(t)
	s.at(noon(11, 2))
	if _, err := billing.New(b.db, nil, s.client, fullMailbox{}, billing.Options{Now: s.clock}).Close(t.Context(), admin(), "2026-10"); err == nil {
		t.Fatal("a month was closed without its mails")
	}
	months, err := b.db.BillingMonths(t.Context())
	invoices, err2 := b.db.Invoices(t.Context(), "2026-10")
	lines, err3 := b.db.BillingLines(t.Context(), "2026-10")
	if err := errors.Join(err, err2, err3); err != nil || len(months)+len(invoices)+len(lines) > 0 {
		t.Errorf("left: %+v, %+v, %+v, %v", months, invoices, lines, err)
	}
	if _, err := b.Close(t.Context(), admin(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	b.want(t, "viewer", "GET /admin/billing/invoices/1", http.StatusOK, []string{"Invoice 00001", "20.50 EUR"})
}

// TestInvoicesOfOthers: they answer as those that do not exist.
func TestInvoicesOfOthers(t *testing.T) {
	t.Parallel()
	s, b, k := priced(t)
	b.want(t, "admin", "POST /admin/billing/customers/"+string(k.UserID), http.StatusSeeOther, nil, "company", hostile, "address", hostile+"\r\nTown", "tax_id", hostile)
	s.at(noon(11, 2))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	missing := b.want(t, "bob@example.com", "GET /account/invoices/2", http.StatusNotFound, nil)
	if theirs := b.want(t, "bob@example.com", "GET /account/invoices/1", http.StatusNotFound, nil); theirs != missing {
		t.Errorf("another's:\n%s\nnone:\n%s", theirs, missing)
	}
	for _, number := range []string{"0", "-1", "x", "1.0", "0x1", "99999999999999999999", "%00", "1%20"} {
		b.want(t, "ana@example.com", "GET /account/invoices/"+number, http.StatusNotFound, nil)
		b.want(t, "viewer", "GET /admin/billing/invoices/"+number, http.StatusNotFound, nil)
	}
	for _, request := range []string{"GET /account/invoices/1", "GET /account/invoices"} {
		b.want(t, "nobody", request, http.StatusSeeOther, nil)
		b.want(t, "viewer", request, http.StatusSeeOther, nil)
		if body := b.want(t, "ana@example.com", request, http.StatusOK, nil); strings.Contains(body, hostile) {
			t.Errorf("%s shows elements", request)
		}
	}
	b.want(t, "ana@example.com", "GET /admin/billing/invoices/1", http.StatusSeeOther, nil)
	for _, path := range []string{"/admin/billing/invoices/1", "/admin/billing/months/2026-10", "/admin/billing/customers/" + string(k.UserID)} {
		if body := b.want(t, "viewer", "GET "+path, http.StatusOK, []string{"&lt;script&gt;"}); strings.Contains(body, hostile) {
			t.Errorf("%s shows elements", path)
		}
	}
	// What stands on an invoice stays, whatever is changed afterwards.
	b.want(t, "admin", "POST /admin/billing/customers/"+string(k.UserID), http.StatusSeeOther, nil, "company", "Later")
	b.want(t, "viewer", "GET /admin/billing/invoices/1", http.StatusOK, []string{"Town", "&lt;script&gt;"})
}

// TestAddressesAtTheirEdges: what is too long or cannot be shown is marked, and what was typed stays.
func TestAddressesAtTheirEdges(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := newSite(t, newDB(t), s.client, billing.Options{Now: s.clock})
	const path = "/admin/billing/customers/user_a"
	for _, c := range []struct {
		field, value string
		taken        bool
	}{
		{"company", strings.Repeat("ü", 200), true},
		{"company", strings.Repeat("ü", 201), false},
		{"company", "a\nb", false},
		{"company", "a\r\nBcc: b@example.com", false},
		{"company", "\xff", false},
		{"address", strings.Repeat("x\n", 499) + "x", true},
		{"address", strings.Repeat("x", 1001), false},
		{"address", "a\x00b", false},
		{"address", "a\tb", false},
		{"tax_id", strings.Repeat("1", 50), true},
		{"tax_id", strings.Repeat("1", 51), false},
		{"stripe", "cus_A1", true},
		{"stripe", "acct_1", false},
		{"stripe", "cus_é", false},
		{"stripe", "cus_a:b", false},
		{"stripe", "cus_" + strings.Repeat("a", 57), false},
		{"stripe", "", true},
	} {
		status := http.StatusSeeOther
		if !c.taken {
			status = http.StatusUnprocessableEntity
		}
		body := b.want(t, "admin", "POST "+path, status, nil, c.field, c.value, "tax_id2", hostile)
		if marked := strings.Contains(body, `id="f-`+c.field+`-error"`); marked == c.taken {
			t.Errorf("%s=%.20q is marked: %t", c.field, c.value, marked)
		}
	}
	for _, id := range []string{"User", "a%2Fb", "a%20b", "%00", strings.Repeat("a", 65), "%ff", ".."} {
		for _, request := range []string{"GET /admin/billing/customers/", "POST /admin/billing/customers/"} {
			method, path, _ := strings.Cut(request, " ")
			if status, _ := b.ask(t, "admin", method, path+id, "company", "x"); status == http.StatusOK || status == http.StatusSeeOther || status >= http.StatusInternalServerError {
				t.Errorf("%s%s: status %d", request, id, status)
			}
		}
	}
	b.want(t, "approver", "POST "+path, http.StatusForbidden, nil, "company", "x")
	b.want(t, "admin", "POST "+path, http.StatusRequestEntityTooLarge, nil, "company", strings.Repeat("x", 65<<10))
}

// TestBillingWithoutAServer: what needs it says so, and nothing of where it is; what was closed can be read.
func TestBillingWithoutAServer(t *testing.T) {
	t.Parallel()
	s, b, _ := priced(t)
	s.at(noon(11, 2))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	gone := httptest.NewServer(http.NotFoundHandler()) // something else is at its address
	t.Cleanup(gone.Close)
	client, err := adminapi.NewClient(gone.URL, secret.New("none"), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b = newSite(t, b.db, client, billing.Options{Now: s.clock})
	s.at(noon(12, 2))
	for _, request := range []string{"GET /admin/billing/months/2026-11", "GET /admin/billing/months/2026-11/export", "POST /admin/billing/months/2026-11/close"} {
		if body := b.want(t, "admin", request, http.StatusServiceUnavailable, []string{"The server cannot be asked"}, "confirm", "2026-11"); strings.Contains(body, "127.0.0.1") {
			t.Errorf("%s shows where the server is", request)
		}
	}
	for _, path := range []string{"/admin/billing", "/admin/billing/months/2026-10", "/admin/billing/months/2026-10/export", "/admin/billing/invoices/1"} {
		b.want(t, "viewer", "GET "+path, http.StatusOK, nil)
	}
}
