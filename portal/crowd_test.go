package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// many is how many keys, requests and entries of the audit log a site has that is old and large.
const many = 10_000

// A crowdedSample is a site with many keys, each of which costs something, a year of calls of one of them, a month that was
// closed with all of them, many requests and a long audit log.
type crowdedSample struct {
	*sample

	busy    pierre.APIKey
	request string // a request's id
	invoice int64
}

func crowd(t testing.TB) *crowdedSample {
	t.Helper()
	s := &crowdedSample{sample: newSample(t, time.Date(2026, time.October, 20, 8, 0, 0, 0, time.UTC), Options{})}
	ctx, act := t.Context(), db.Act{Person: "olivia@alpine-data.example", At: s.server.Now()}
	if err := s.p.c.DB.SetPrice(ctx, act, db.Price{Tier: pierre.TierStarter, Currency: "EUR", Base: 1900, Included: 1000, Overage: 50, OverageCalls: 100, Public: true}); err != nil {
		t.Fatal(err)
	}
	s.busy = s.server.Crowd(t, 0, many)[0]
	for at := sampleNow().AddDate(-1, 0, 0); at.Before(sampleNow()); at = at.Add(24 * time.Hour) {
		s.server.Record(t, adminapitest.Calls{Key: s.busy.ID, At: at, N: 24, Status: pierre.CallSucceeded})
	}
	s.at(2, 9, 0)
	if _, err := s.p.bills.Close(ctx, route.Person{Email: act.Person, Role: route.Owner}, "2026-10"); err != nil {
		t.Fatal(err)
	}
	s.at(25, 15, 40)
	list, err := s.p.c.DB.InvoicesOf(ctx, s.busy.UserID)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d invoices: %v", len(list), err)
	}
	s.invoice = list[0].Number
	s.requestsAndEntries()
	s.signIn("owner", "Firefox", "198.51.100.7/32")
	s.signInCustomer("customer", s.busy.Email)
	return s
}

// requestsAndEntries adds many requests, half of which wait, and an entry of the audit log for each.
func (s *crowdedSample) requestsAndEntries() {
	s.t.Helper()
	err := s.p.c.DB.Update(s.t.Context(), "making requests", func(t *db.Tx) error {
		for n := range many {
			made := s.server.Now().Add(-time.Duration(n) * time.Minute)
			r := db.Request{
				ID: fmt.Sprintf("req_%026d", n), Email: fmt.Sprintf("c%d@club%d.example", n, n%97), Company: fmt.Sprint("Club ", n%500), UseCase: why, Tier: pierre.TierStarter,
				State: db.RequestVerified, Version: 1, Created: made, Changed: made, Verified: made, VerifyHash: db.HashToken(fmt.Sprint(n)), VerifyUntil: made.Add(24 * time.Hour),
			}
			if n%2 == 0 {
				r.State, r.DecidedBy, r.Decided, r.Reason = db.RequestRejected, "olivia@alpine-data.example", made, "No."
			}
			s.request = cmp.Or(s.request, r.ID)
			if err := s.p.c.DB.AddRequest(s.t.Context(), t, r); err != nil {
				return err
			}
			if err := db.Audit(s.t.Context(), t, db.Act{Person: "olivia@alpine-data.example", At: made}, "request.reject", r.ID, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// paths are the pages whose lists and sums are over all that there is, or over all that one key did, by who sees them.
func (s *crowdedSample) paths() (all [][2]string) {
	key, customer := "/admin/keys/"+string(s.busy.ID), "/admin/customers/"+string(s.busy.UserID)
	for who, paths := range map[string][]string{
		"": {"/", "/request"},
		"owner": {
			"/admin", "/admin/keys", "/admin/keys?sort=-use", "/admin/keys?sort=email", "/admin/keys?q=club42", key, key + "?days=365",
			"/admin/customers", "/admin/customers?q=c42", customer, customer + "/tier?tier=trial", "/admin/tiers", "/admin/tiers/starter",
			"/admin/requests", "/admin/requests?state=all", "/admin/requests?q=club", "/admin/requests/" + s.request, "/admin/audit", "/admin/audit?action=request.reject",
			"/admin/alerts", "/admin/billing", "/admin/billing/months/2026-10", "/admin/billing/months/2026-11", fmt.Sprint("/admin/billing/invoices/", s.invoice),
			"/admin/billing/customers/" + string(s.busy.UserID), "/admin/team", "/admin/settings", "/admin/me",
		},
		"customer": {"/account", "/account/keys/" + string(s.busy.ID), "/account/invoices", fmt.Sprint("/account/invoices/", s.invoice), "/account/settings"},
	} {
		for _, path := range paths {
			all = append(all, [2]string{who, path})
		}
	}
	return all
}

// cpu returns the processor time that the process has used.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPages is how long the pages of an old and large site take. Processor time depends less on what else the machine does.
func BenchmarkPages(b *testing.B) {
	s := crowd(b)
	for _, p := range s.paths() {
		b.Run(strings.ReplaceAll(p[1], "/", "_"), func(b *testing.B) {
			before, began, size := cpu(b), time.Now(), 0
			var took []time.Duration
			for b.Loop() {
				w := s.do(p[0], http.MethodGet, p[1], nil)
				if size = w.Body.Len(); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				took, began = append(took, time.Since(began)), time.Now()
			}
			b.ReportMetric(median(took), "median-ms")
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(size)/1000, "kB")
		})
	}
}

// median returns the median in milliseconds.
func median(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/2].Microseconds()) / 1000
}

// BenchmarkFirstPaint is how long pages of a site where everything has happened take, in a browser that has kept no file, from
// the first request to the first text that can be read.
func BenchmarkFirstPaint(b *testing.B) {
	browser.Path(b)
	s := fillSample(b)
	for _, p := range [][2]string{
		{"", "/"},
		{"", "/request"},
		{"ana", "/account"},
		{"owner", "/admin"},
		{"owner", "/admin/requests"},
		{"owner", "/admin/keys"},
		{"owner", "/admin/keys/" + string(s.busy.APIKeyID)},
		{"owner", "/admin/customers"},
		{"owner", "/admin/live"},
		{"owner", "/admin/alerts"},
		{"owner", "/admin/billing"},
		{"owner", "/admin/billing/months/2026-10"},
		{"owner", "/admin/audit"},
		{"owner", "/admin/settings"},
	} {
		b.Run(strings.ReplaceAll(p[1], "/", "_"), func(b *testing.B) {
			tab := browser.New(b, browser.Options{})
			tab.ForgetFiles()
			tab.SetCookie(s.url, "as", p[0])
			var took []time.Duration
			for b.Loop() {
				tab.Open(s.url + p[1])
				took = append(took, time.Duration(tab.FirstPaint()*float64(time.Millisecond)))
			}
			b.ReportMetric(median(took), "median-paint-ms")
		})
	}
}
