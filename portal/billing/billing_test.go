package billing_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func noon(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}

func admin() route.Person { return route.Person{Email: "admin@example.com", Role: route.Admin} }

// TestAMonthFromCallsToInvoice: with a real server, from prices and calls to what the customer sees, and a month later with
// calls that came late.
func TestAMonthFromCallsToInvoice(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := newSite(t, newDB(t), s.client, billing.Options{Now: s.clock})
	evil := "=cmd|' /C calc'!A0"
	k := s.key("ana@example.com", "professional", evil)
	other := s.key("bob@example.com", "trial", "free")
	s.calls(k, "professional", noon(10, 6), 125)
	s.calls(other, "trial", noon(10, 7), 4)
	s.calls(k, "professional", noon(11, 1), 1)

	if err := b.db.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, pro()); err != nil {
		t.Fatal(err)
	}
	b.want(t, "admin", "POST /admin/billing/customers/"+string(k.UserID), http.StatusSeeOther, nil, "company", "Ana <script>", "address", "Street 1\r\nTown", "tax_id", "T-1", "stripe", "")
	if err := b.db.ChangeSettings(t.Context(), db.Act{Person: "x", At: s.clock()}, "all", func(now *db.Settings) error {
		*now = db.Settings{Operator: "Club", Letterhead: "Club\nRoad 2", InvoicePrefix: "C-", InvoiceNote: "Pay soon."}
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	s.at(noon(10, 31))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("closing a month that runs: %v", err)
	}
	b.want(t, "viewer", "GET /admin/billing/months/2026-10", http.StatusOK, []string{"As it would be closed, read", "129 calls", "21.25 EUR"})
	s.at(noon(11, 2))
	b.want(t, "viewer", "POST /admin/billing/months/2026-10/close", http.StatusForbidden, nil, "confirm", "2026-10")
	b.want(t, "admin", "POST /admin/billing/months/2026-10/close", http.StatusUnprocessableEntity, nil, "confirm", "yes")
	b.want(t, "admin", "POST /admin/billing/months/2026-10/close", http.StatusSeeOther, nil, "confirm", "2026-10")
	b.want(t, "admin", "POST /admin/billing/months/2026-10/close", http.StatusConflict, []string{"admin@example.com closed October 2026 already"}, "confirm", "2026-10")
	if want := []string{"C-00001 to ana@example.com over 21.25 EUR"}; !slices.Equal(b.mail.sent, want) {
		t.Errorf("mailed: %q", b.mail.sent)
	}
	b.want(t, "viewer", "GET /admin/billing", http.StatusOK, []string{"October 2026", "November 2026"})
	b.want(t, "viewer", "GET /admin/billing/months/2026-10", http.StatusOK, []string{"Closed", "C-00001", "Ana &lt;script&gt;"})
	printed := []string{"Invoice C-00001", "Road 2", "Street 1", "Tax number T-1", "Pay soon.", "21.25 EUR", "0.50 EUR per 10", "Ana &lt;script&gt;"}
	b.want(t, "viewer", "GET /admin/billing/invoices/1", http.StatusOK, printed)
	b.want(t, "ana@example.com", "GET /account/invoices", http.StatusOK, []string{"C-00001", "21.25 EUR"})
	b.want(t, "ana@example.com", "GET /account/invoices/1", http.StatusOK, printed)
	b.want(t, "bob@example.com", "GET /account/invoices/1", http.StatusNotFound, nil)
	b.want(t, "bob@example.com", "GET /account/invoices", http.StatusOK, []string{"No invoices yet"})
	b.want(t, "viewer", "GET /admin/billing/customers/"+string(k.UserID), http.StatusOK, []string{"C-00001", "Street 1"})

	rows, err := csv.NewReader(strings.NewReader(b.want(t, "viewer", "GET /admin/billing/months/2026-10/export", http.StatusOK, nil))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][5] != "'"+evil || rows[1][14] != "21.25" || rows[1][10] != "125" {
		t.Errorf("the table: %q, %v", rows, err)
	}
	var exported struct {
		Closed bool  `json:"closed"`
		Calls  int64 `json:"calls"`
		Lines  []struct {
			Amount int64 `json:"amount"`
		} `json:"lines"`
	}
	body := b.want(t, "viewer", "GET /admin/billing/months/2026-10/export?format=json", http.StatusOK, nil)
	if err := json.Unmarshal([]byte(body), &exported); err != nil || !exported.Closed || exported.Calls != 129 || len(exported.Lines) != 2 || exported.Lines[0].Amount != 2125 {
		t.Errorf("as JSON: %+v, %v", exported, err)
	}

	// Invoices that were sent stay as they were sent.
	if err := b.db.ChangeSettings(t.Context(), db.Act{Person: "x", At: s.clock()}, "all", func(now *db.Settings) error {
		*now = db.Settings{Operator: "Other", Letterhead: "Elsewhere", InvoicePrefix: "X", InvoiceNote: "Another note."}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.want(t, "ana@example.com", "GET /account/invoices/1", http.StatusOK, printed)
	b.want(t, "viewer", "GET /admin/billing/months/2026-10", http.StatusOK, []string{"C-00001"})

	// Calls of October come late: they are billed with November, at October's price.
	s.calls(k, "professional", noon(10, 30), 20)
	if err := b.db.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, db.Price{Tier: "professional", Currency: "EUR", Base: 3000, Included: 100, Overage: 900, OverageCalls: 10}); err != nil {
		t.Fatal(err)
	}
	s.at(noon(12, 1))
	if _, err := b.Close(t.Context(), admin(), "2026-12"); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("closing a month before the one before: %v", err)
	}
	if _, err := b.Close(t.Context(), admin(), "2026-11"); err != nil {
		t.Fatal(err)
	}
	b.want(t, "viewer", "GET /admin/billing/invoices/2", http.StatusOK, []string{"31.00 EUR", "late calls of October 2026", "1.00 EUR"})
	if n, err := b.db.VerifyBilling(t.Context()); n != 2 || err != nil {
		t.Errorf("the chain of %d months: %v", n, err)
	}
}

// TestAMonthClosesOnce: by two replicas at once, on both databases.
func TestAMonthClosesOnce(t *testing.T) {
	s := newServer(t)
	k := s.key("ana@example.com", "professional", "k")
	s.calls(k, "professional", noon(10, 6), 110)
	s.at(noon(11, 2))
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		if err := replicas[0].SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, pro()); err != nil {
			t.Fatal(err)
		}
		sites := []*site{newSite(t, replicas[0], s.client, billing.Options{Now: s.clock}), newSite(t, replicas[1], s.client, billing.Options{Now: s.clock})}
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for n := range errs {
			wg.Go(func() { _, errs[n] = sites[n%2].Close(t.Context(), admin(), "2026-10") })
		}
		wg.Wait()
		closed := 0
		for _, err := range errs {
			switch {
			case err == nil:
				closed++
			case pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(pierre.MessageOf(err, ""), "admin@example.com closed October 2026 already"):
				t.Error(err)
			}
		}
		lines, err := replicas[0].BillingLines(t.Context(), "2026-10")
		invoices, err2 := replicas[1].Invoices(t.Context(), "2026-10")
		if closed != 1 || len(lines) != 1 || len(invoices) != 1 || invoices[0].Amount != 2050 || err != nil || err2 != nil {
			t.Errorf("closed %d times: %+v, %+v, %v, %v", closed, lines, invoices, err, err2)
		}
	})
}

// TestClosedLinesAreFinal: the databases refuse changes, and who gets around that is found.
func TestClosedLinesAreFinal(t *testing.T) {
	s := newServer(t)
	k := s.key("ana@example.com", "professional", "k")
	s.calls(k, "professional", noon(10, 6), 110)
	s.at(noon(11, 2))
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if err := d.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, pro()); err != nil {
			t.Fatal(err)
		}
		if _, err := newSite(t, d, s.client, billing.Options{Now: s.clock}).Close(t.Context(), admin(), "2026-10"); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"portal_billing_months SET calls = 1", "portal_billing_lines SET amount = 1", "portal_invoices SET amount = 1"} {
			name, _, _ := strings.Cut(table, " ")
			for _, statement := range []string{"UPDATE " + table, "DELETE FROM " + name} {
				if _, err := d.Writer().ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Errorf("%s: %v", statement, err)
				}
			}
		}
		off := "DROP TRIGGER portal_billing_lines_no_update"
		if d.Postgres() {
			off = "DROP TRIGGER portal_billing_lines_are_final ON portal_billing_lines"
		}
		for _, statement := range []string{off, "UPDATE portal_billing_lines SET amount = 1"} {
			if _, err := d.Writer().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := d.VerifyBilling(t.Context()); n != 1 || pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("a changed line: %d months, %v", n, err)
		}
	})
}

// miscounting is a server whose sum is not that of its keys.
type miscounting struct{ billing.Server }

func (m miscounting) Breakdown(ctx context.Context, f adminapi.UsageFilter) (usage.Breakdown, error) {
	b, err := m.Server.Breakdown(ctx, f)
	if f.SplitBy == "" {
		b.Totals.Succeeded++
	}
	return b, err
}

// TestSumsMustBeTheServers: a month whose lines lack a call, or have one too many, is not closed.
func TestSumsMustBeTheServers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.calls(s.key("ana@example.com", "professional", "k"), "professional", noon(10, 6), 10)
	s.at(noon(11, 2))
	b := newSite(t, newDB(t), miscounting{s.client}, billing.Options{Now: s.clock})
	if _, err := b.Close(t.Context(), admin(), "2026-10"); pierre.KindOf(err) != pierre.KindUnavailable || !strings.Contains(err.Error(), "counts 11 calls in October 2026, but 10 by keys") {
		t.Errorf("closing with another sum: %v", err)
	}
	if list, err := b.db.BillingMonths(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("closed: %+v, %v", list, err)
	}
}

// A stripe speaks Stripe's HTTP as far as meter events go: basic authentication, forms, errors in JSON, and identifiers
// that are taken once.
type stripe struct {
	mu     sync.Mutex
	events map[string]int64
	down   int // how many requests fail with 500
	lost   bool
	last   http.Header
	form   map[string]string
}

func (s *stripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(status int, code, message string) {
		w.Header().Set("Content-Type", "application/json")
		if status == http.StatusBadRequest {
			w.Header().Set("Stripe-Should-Retry", "false")
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"type":"invalid_request_error","code":%q,"message":%q}}`, code, message)
	}
	key, _, _ := r.BasicAuth()
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/v1/billing/meter_events":
		refuse(http.StatusNotFound, "", "Unrecognized request URL")
		return
	case key != "sk_test_x":
		refuse(http.StatusUnauthorized, "", "Invalid API Key provided")
		return
	case s.down > 0:
		s.down--
		refuse(http.StatusInternalServerError, "", "An error occurred")
		return
	}
	s.last, s.form = r.Header.Clone(), map[string]string{}
	for _, name := range []string{"event_name", "identifier", "timestamp", "payload[stripe_customer_id]", "payload[value]"} {
		s.form[name] = r.PostFormValue(name)
	}
	identifier := s.form["identifier"]
	if _, known := s.events[identifier]; known {
		refuse(http.StatusBadRequest, "duplicate_meter_event", "An event already exists with identifier "+identifier+".")
		return
	}
	if s.form["payload[stripe_customer_id]"] == "cus_gone" {
		refuse(http.StatusBadRequest, "resource_missing", "No such customer: 'cus_gone'")
		return
	}
	var value int64
	fmt.Sscan(s.form["payload[value]"], &value)
	s.events[identifier] = value
	if s.lost { // taken, but the answer does not arrive
		s.lost = false
		panic(http.ErrAbortHandler) //nolint:forbidigo // that hangs up
	}
	fmt.Fprintf(w, `{"object":"billing.meter_event","identifier":%q}`, identifier)
}

// TestStripe: each customer's calls arrive once, whatever happens on the way.
func TestStripe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	fake := &stripe{events: map[string]int64{}, down: 1}
	d := newDB(t)
	b := newSite(t, d, s.client, billing.Options{Now: s.clock, Stripe: stripeClient(t, fake)})
	users := map[string]pierre.UserID{}
	for email, id := range map[string]string{"ana@example.com": "cus_ana", "bob@example.com": "cus_gone"} {
		k := s.key(email, "professional", "k")
		users[email] = k.UserID
		s.calls(k, "professional", noon(10, 6), 10)
		if err := d.SetBillingCustomer(t.Context(), db.Act{Person: "x", At: s.clock()}, db.BillingCustomer{UserID: k.UserID, Stripe: id}); err != nil {
			t.Fatal(err)
		}
	}
	s.at(noon(11, 2))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	deliver := func(want int) {
		t.Helper()
		if n, err := b.Deliver(t.Context()); n != want || err != nil {
			t.Errorf("delivered %d, want %d: %v", n, want, err)
		}
	}
	b.want(t, "viewer", "GET /admin/billing", http.StatusOK, []string{">2 waiting<"})
	deliver(0) // Stripe has trouble with the first, and does not know the customer of the second
	deliver(0) // not yet
	s.at(s.clock().Add(3 * time.Minute))
	fake.lost = true
	heard, err := b.Deliver(t.Context()) // Stripe took it, but its answer was lost: asked again, it has it already
	if err != nil {
		t.Fatal(err)
	}
	s.at(s.clock().Add(time.Hour))
	deliver(1 - heard) // such as now, if the connection was a new one
	s.at(s.clock().Add(24 * time.Hour))
	deliver(0)
	if len(fake.events) != 1 || fake.events["cus_ana:tool_calls:2026-10"] != 10 {
		t.Errorf("Stripe has %v", fake.events)
	}
	if fake.form["timestamp"] != fmt.Sprint(time.Date(2026, 10, 31, 23, 59, 59, 0, time.UTC).Unix()) || fake.form["event_name"] != "tool_calls" || fake.last.Get("Idempotency-Key") != "" {
		t.Errorf("Stripe got %v, %v", fake.form, fake.last)
	}
	b.want(t, "viewer", "GET /admin/billing", http.StatusOK, []string{">1 refused<"})
	b.want(t, "admin", "GET /admin/billing/months/2026-10", http.StatusOK, []string{"Delivered", "Refused", "No such customer", "Send the refused again"})
	b.want(t, "admin", "POST /admin/billing/months/2026-10/retry", http.StatusSeeOther, nil)
	deliver(0)
	bob := "/admin/billing/customers/" + string(users["bob@example.com"])
	b.want(t, "admin", "POST "+bob, http.StatusUnprocessableEntity, []string{"Another customer has this id at Stripe."}, "stripe", "cus_ana")
	b.want(t, "admin", "POST "+bob, http.StatusSeeOther, nil, "stripe", "cus_bob")
	b.want(t, "admin", "POST /admin/billing/months/2026-10/retry", http.StatusSeeOther, nil)
	deliver(1) // for the id that the customer has now
	b.want(t, "viewer", "GET /admin/billing", http.StatusOK, []string{">Delivered<"})
	events, err := d.MeterEvents(t.Context(), "2026-10", 99)
	if err != nil || len(events) != 2 || events[0].State != db.EventDelivered || events[0].Tries < 2 || events[1].State != db.EventDelivered || fake.events["cus_bob:tool_calls:2026-10"] != 10 {
		t.Errorf("events: %+v, %v; Stripe has %v", events, err, fake.events)
	}
}
