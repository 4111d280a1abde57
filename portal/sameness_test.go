package portal

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// Nobody learns from how long an answer takes whether an address is known: what is done for it until the answer is the same.
// The server, which knows the addresses, is not asked for anything; and the rows that are written are as many.
func TestTheWorkIsTheSameForAllAddresses(t *testing.T) {
	t.Parallel()
	p := newTestPartsOn(t, dbtest.New(t), Options{})
	var asked atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); r.URL.Path != "/admin/tiers" {
			t.Errorf("the server is asked for %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"tiers":[{"name":"starter"}]}`)
	}))
	t.Cleanup(front.Close)
	client, err := adminapi.NewClient(front.URL, secret.New("x"), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := p.c
	c.Server, c.Log = client, slog.New(slog.DiscardHandler)
	parts, err := newParts(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := parts.serve(parts.routes())
	if err := p.c.DB.SetCustomerSettings(t.Context(), "known@example.com", db.CustomerSettings{LimitMails: true}); err != nil {
		t.Fatal(err)
	}
	ask := func(path string, form url.Values) (status int, page string) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, path := range []string{"/request", "/account/sign-in"} {
		work := func(email string) (delta map[string]int, page string) {
			t.Helper()
			before := rowsOf(t, p)
			status, page := ask(path, url.Values{"email": {email}, "company": {"Club"}, "use_case": {"Our coaches look at each week."}, "tier": {"starter"}})
			if status >= http.StatusBadRequest {
				t.Fatalf("%s of %s: %d %s", path, email, status, page)
			}
			delta = rowsOf(t, p)
			for table := range delta {
				delta[table] -= before[table]
			}
			return delta, strings.ReplaceAll(page, email, "ADDRESS")
		}
		work("known@example.com") // and asked before; the plans are known from now on
		before := asked.Load()
		known, page := work("known@example.com")
		unknown, other := work("unknown@example.com")
		if page != other {
			t.Errorf("%s answers\n%s\nand\n%s", path, page, other)
		}
		for table := range known {
			if known[table] != unknown[table] {
				t.Errorf("%s: %d rows of %s for an address that is known, %d for another", path, known[table], table, unknown[table])
			}
		}
		if asked.Load() != before {
			t.Errorf("%s: the server is asked %d times", path, asked.Load()-before)
		}
	}
}

// rowsOf counts the rows of all tables that the two forms write to.
func rowsOf(t *testing.T, p *parts) map[string]int {
	t.Helper()
	rows := map[string]int{}
	for _, table := range []string{"portal_requests", "portal_request_events", "portal_mails", "portal_sign_ins", "portal_customer_sessions", "portal_claims"} {
		var n int
		if err := p.c.DB.Row(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		rows[table] = n
	}
	return rows
}
