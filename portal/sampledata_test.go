package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

func sessionHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// A filledSample has eight weeks of an operator's work, with names that are long or hostile, and something in each state.
type filledSample struct {
	*sample

	busy, long, gone, old adminapi.FreshKey
	links                 map[string]string // of visitors, by what they show
	ready                 chan string       // links that show a key, once each
	spare                 chan pierre.KeyID // keys that can be rotated, once each
	more                  map[string]bool   // ids of customers and keys that are like others
	rule, channel, hook   string
	invoice               int64 // of busy
}

func fillSample(t testing.TB) *filledSample {
	t.Helper()
	s := &filledSample{sample: newSample(t, time.Date(2026, time.October, 5, 8, 0, 0, 0, time.UTC), Options{}), links: map[string]string{}, more: map[string]bool{}, ready: make(chan string, 4), spare: make(chan pierre.KeyID, 8)}
	s.settings()
	s.customers()
	s.requests()
	s.alerts()
	s.at(25, 15, 40)
	s.signIn("owner", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "2001:db8:1:2::/64")
	s.signIn("viewer", "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1", "203.0.113.9/32")
	s.signInCustomer("ana", "ana@alpine-club.example")
	s.signInCustomer("bob", "bob@example.org")
	for n := range cap(s.spare) {
		s.spare <- s.key("rita@rotations.example", fmt.Sprint("Phone ", n+1), pierre.TierStarter, 0).APIKeyID
	}
	s.signInCustomer("rita", "rita@rotations.example")
	s.post("ana", "/account/upgrade", url.Values{"tier": {"professional"}, "why": {"Our club has grown: the app now asks for thirty athletes each evening."}})
	s.work()
	return s
}

// settings are the operator's: the team, the brand, prices.
func (s *filledSample) settings() {
	s.t.Helper()
	s.join("Marc Favre", "marc@alpine-data.example", "approver")
	s.join("", "a-very-long-address-of-somebody@subdomain.of-a-company-with-a-long-name.example", "viewer")
	act, ctx := db.Act{Person: "olivia@alpine-data.example", At: s.server.Now()}, s.t.Context()
	err := s.p.c.DB.ChangeSettings(ctx, act, "all", func(now *db.Settings) error {
		now.Operator, now.Support = "Alpine Data", "help@alpine-data.example"
		now.Letterhead, now.InvoicePrefix, now.InvoiceNote = "Alpine Data AG\nBahnhofstrasse 2\n3011 Bern\nVAT CHE-123.456.789", "AD-2026-", "Payable within 30 days to IBAN CH93 0076 2011 6238 5295 7."
		now.Imprint, now.Privacy = "Alpine Data AG, Bahnhofstrasse 2, 3011 Bern.", "What we keep of you, and for how long.\n\nKeys are kept as hashes."
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range []db.Price{
		{Tier: pierre.TierTrial, Currency: "EUR", OverageCalls: 1, Public: true},
		{Tier: pierre.TierStarter, Currency: "EUR", Base: 1900, Included: 1000, Overage: 50, OverageCalls: 100, Public: true},
		{Tier: pierre.TierProfessional, Currency: "EUR", Base: 7900, Included: 1000, Overage: 25, OverageCalls: 100, Public: true},
		{Tier: pierre.TierEnterprise, Currency: "EUR", Base: 49000, Included: 500, Overage: 10, OverageCalls: 100},
	} {
		if err := s.p.c.DB.SetPrice(ctx, act, p); err != nil {
			s.t.Fatal(err)
		}
	}
}

// customers have keys, calls, and an invoice of October.
func (s *filledSample) customers() {
	s.t.Helper()
	s.busy = s.key("ana@alpine-club.example", "Club app", pierre.TierStarter, 1500)
	s.long = s.key("a-rather-long-address-of-a-person@department.of-a-company-with-a-long-name.example", "A key whose name is as long as the name of a key may be, which is rather long for a table", pierre.TierProfessional, 0)
	coach := s.key("jonas@coachwerk.example", "Coaching assistant", pierre.TierProfessional, 0)
	track := s.key("mei@trackside.example", "Production", pierre.TierEnterprise, 0)
	lisbon := s.key("lucia@runclub-lisboa.example", "Training plans", pierre.TierStarter, 400)
	s.key("x@evil.example", `<script>alert("x")</script>`, pierre.TierTrial, 0)
	s.gone = s.key("bob@example.org", "Old watch", pierre.TierStarter, 0)
	s.old = s.key("ana@alpine-club.example", "Test server", pierre.TierStarter, 0)
	loads := []load{
		{s.busy, 42, []string{"CH", "CH", "DE", "FR", "ZZ"}, 40},
		{coach, 70, []string{"DE", "AT", "DE", "US"}, 90},
		{track, 55, []string{"SG", "JP", "AU", "US", "GB", "BR"}, 0},
		{lisbon, 15, []string{"PT"}, 0},
		{s.long, 4, []string{"CA"}, 0},
		{s.old, 3, []string{"CH"}, 0},
	}
	for n, name := range strings.Fields("Noah Emma Liam Mia Leon Sofia Elias Lena Luca Clara Finn Nora Paul Ida Anton Greta Felix Marta Oskar Frida Jakob Alma Theo Elsa Emil Lotta Max Hanna Ben Maja Hugo Thea Karl Vera Otto Rosa Levi Edda Jan Ylva Tom Juna Kim Romy Nils Tilda Aron Svea") {
		s.server.Pass(17 * time.Hour)
		tier := []pierre.Tier{pierre.TierTrial, pierre.TierStarter, pierre.TierStarter, pierre.TierTrial, pierre.TierProfessional}[n%5]
		k := s.key(strings.ToLower(name)+"@"+[]string{"example.org", "triathlon.example", "run.example"}[n%3], []string{"Claude Desktop", "Goose", "Phone", "Laptop"}[n%4], tier, 0)
		if n >= 10 { // whose tier and load others have
			s.more[string(k.APIKeyID)], s.more[string(k.UserID)] = true, true
		}
		if n%2 == 0 && n < 40 {
			loads = append(loads, load{k, 1 + n%3, []string{"CH", "DE"}, 0})
		}
		if n == 24 {
			s.month(loads)
		}
	}
	for day := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC); day.Before(sampleNow()); day = day.AddDate(0, 0, 1) {
		s.calls(day, sampleNow(), loads)
	}
	s.server.Record(s.t, adminapitest.Calls{Key: lisbon.APIKeyID, At: sampleNow().Add(-3 * time.Hour), N: 12, Status: pierre.CallRateLimited, Country: "PT"})
	s.server.Record(s.t, adminapitest.Calls{Key: s.busy.APIKeyID, At: sampleNow().Add(-50 * time.Hour), N: 23, Status: pierre.CallRateLimited})
	s.server.Record(s.t, adminapitest.Calls{Key: coach.APIKeyID, At: sampleNow().Add(-25 * time.Minute), N: 30, Status: pierre.CallFailed, Country: "DE", Took: 2 * time.Second})
	used := map[pierre.KeyID]time.Time{}
	for n, l := range loads {
		used[l.key.APIKeyID] = sampleNow().Add(-time.Duration(n*n*17+n+3) * time.Minute)
	}
	if err := s.server.Store.TouchAPIKeys(s.t.Context(), used); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.server.Client.Revoke(s.t.Context(), s.gone.APIKeyID); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.server.Client.Rotate(s.t.Context(), s.old.APIKeyID, adminapi.RotateRequest{GraceSeconds: new(int64(86400 * 2))}, ""); err != nil {
		s.t.Fatal(err)
	}
}

// month records October's calls and closes it.
func (s *filledSample) month(loads []load) {
	s.t.Helper()
	for day := time.Date(2026, time.October, 12, 0, 0, 0, 0, time.UTC); day.Month() == time.October; day = day.AddDate(0, 0, 1) {
		s.calls(day, sampleNow(), loads[:6])
	}
	if err := s.server.Store.FoldUsage(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.at(2, 9, 0)
	act := db.Act{Person: "olivia@alpine-data.example", At: s.server.Now()}
	for key, company := range map[adminapi.FreshKey]string{s.busy: "Alpine Club Bern", s.long: "A Company With A Name That Is Rather Long, For Sports, Health And Everything Else Ltd."} {
		if err := s.p.c.DB.SetBillingCustomer(s.t.Context(), act, db.BillingCustomer{UserID: key.UserID, Company: company, Address: "Hauptgasse 12\n3011 Bern", TaxID: "CHE-987.654.321"}); err != nil {
			s.t.Fatal(err)
		}
		if err := s.p.c.DB.SetCustomer(s.t.Context(), act, db.Customer{User: key.UserID, Company: company, Contacts: "Ana Keller, head coach\n+41 31 000 00 00"}); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := s.p.bills.Close(s.t.Context(), route.Person{Email: act.Person, Role: route.Owner}, "2026-10"); err != nil {
		s.t.Fatal(err)
	}
	invoices, err := s.p.c.DB.InvoicesOf(s.t.Context(), s.busy.UserID)
	if err != nil || len(invoices) == 0 {
		s.t.Fatalf("%d invoices, %v", len(invoices), err)
	}
	s.invoice = invoices[0].Number
}

const why = "Our coaches look at each athlete's week before the training on Monday: load, sleep, and what was skipped. About thirty athletes, two coaches, one request each in the evening."

// requests are in every state.
func (s *filledSample) requests() {
	s.t.Helper()
	day := func(day, hour int) {
		s.at(day, hour, 0)
		s.signIn("approver", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "192.0.2.20/32")
	}
	day(20, 9)
	s.request("claire@velo.example", "Vélo Club Léman", why, pierre.TierStarter, true)
	s.decide("claire@velo.example", "approve", url.Values{"tier": {"starter"}})
	s.work()
	s.links["shown"] = s.mails.link(s.t, "claire@velo.example", "/claim/")
	s.post("", s.links["shown"], nil)
	s.request("ivan@bulk.example", "", "Resell access to other people.", pierre.TierProfessional, true)
	s.decide("ivan@bulk.example", "reject", url.Values{"reason": {"We cannot give keys for reselling."}})
	s.links["late"] = s.request("late@example.org", "", why, pierre.TierTrial, false)
	day(22, 10)
	s.request("dr.amelie.vogelsang-hutterer@sportmedizin.universitaet-beispielstadt.example", "Institut für Sportmedizin und Prävention der Universität Beispielstadt", strings.Repeat(why+"\n\n", 3), pierre.TierProfessional, true)
	s.decide("amelie", "ask", url.Values{"question": {"Will athletes bring their own recordings, or do you import them for all?"}})
	s.work()
	s.links["question"] = s.mails.link(s.t, s.latest("amelie").Email, "/answer/")
	s.request("priya@endurance.example", "Endurance Lab", why, pierre.TierProfessional, true)
	s.decide("priya@endurance.example", "ask", url.Values{"question": {"Who pays the invoice?"}})
	s.work()
	day(24, 8)
	s.post("", s.mails.link(s.t, "priya@endurance.example", "/answer/"), url.Values{"answer": {"The lab does, at the address above."}})
	s.request("sam@alpine-club.example", "Alpine Club Bern", "A second key for our phone app.", pierre.TierStarter, true)
	s.request("eva@new.example", "", why, pierre.TierTrial, true)
	s.decide("eva@new.example", "approve", url.Values{"tier": {"trial"}})
	s.work()
	s.links["ready"] = s.mails.link(s.t, "eva@new.example", "/claim/")
	for n := range cap(s.ready) {
		email := fmt.Sprintf("eva%d@new.example", n)
		s.request(email, "", why, pierre.TierTrial, true)
		s.decide(email, "approve", url.Values{"tier": {"trial"}})
		s.work()
		s.ready <- s.mails.link(s.t, email, "/claim/")
	}
	s.links["sent"] = s.do("", http.MethodPost, "/request", url.Values{"email": {"new@example.org"}, "company": {"X"}, "use_case": {why}, "tier": {"trial"}}).Header().Get("Location")
	s.request("x@evil.example", `<script>alert("company")</script>`, `"><img src=x onerror=alert(1)>`, pierre.TierTrial, true)
	s.decide("x@evil.example", "reject", url.Values{"reason": {`<b>No.</b>`}})
	day(25, 11)
	s.links["confirm"] = s.request("robin@example.org", "", why, pierre.TierTrial, false)
	s.links["waiting"] = s.request("kai@hyrox.example", "Hyrox Gym Kiel", "Plans for twelve members.", pierre.TierStarter, true)
	s.post("", "/request", url.Values{"email": {"typo@gone.example"}, "company": {""}, "use_case": {why}, "tier": {"trial"}})
	s.work()
}

// alerts are open, looked after and over.
func (s *filledSample) alerts() {
	s.t.Helper()
	channel := func(name, kind, target string) string {
		w := s.post("owner", "/admin/alerts/channel", url.Values{"name": {name}, "kind": {kind}, "target": {target}})
		return regexp.MustCompile(`channel_[a-z0-9]{26}`).FindString(w.Header().Get("Location") + w.Body.String())
	}
	s.signIn("owner", "Firefox", "198.51.100.7/32")
	s.channel, s.hook = channel("On call", "mail", "oncall@alpine-data.example"), channel("Incident bot", "webhook", "https://192.0.2.1/hooks/pierre")
	s.at(25, 15, 20)
	for n, r := range []url.Values{
		{"name": {"Failing calls"}, "condition": {"errors"}, "scope": {"all"}, "threshold": {"5"}, "window": {"60"}},
		{"name": {"Many calls of one key"}, "condition": {"spike"}, "scope": {"all"}, "threshold": {"5"}, "window": {"15"}},
		{"name": {"Slow answers of the professional tier"}, "condition": {"p95"}, "scope": {"tier"}, "target": {"professional"}, "threshold": {"500"}, "window": {"15"}},
	} {
		r.Set("channel", []string{s.channel, "", s.hook}[n])
		s.post("owner", "/admin/alerts/rule", r)
	}
	rules, err := s.p.c.DB.Rules(s.t.Context())
	if err != nil || len(rules) == 0 {
		s.t.Fatalf("%d rules, %v", len(rules), err)
	}
	s.rule = rules[0].ID
	s.work()
	open, err := s.p.c.DB.OpenAlerts(s.t.Context(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	if len(open) == 0 {
		s.t.Fatal("no alert is open")
	}
	s.post("owner", "/admin/alerts/"+open[len(open)-1].ID+"/acknowledge", nil)
	s.post("owner", fmt.Sprintf("/admin/alerts/channel/%s/test", s.channel), nil)
}
