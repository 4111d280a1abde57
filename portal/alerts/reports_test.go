package alerts_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/alerts"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// Whoever has the URL of a webhook can use it: the log names the channel, and why nothing was delivered.
func TestTheLogHasNoURLOfAWebhook(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	var log bytes.Buffer
	w := alerts.New(h.db, h.outbox, texts, h.server.Client, h.ring, slog.New(slog.NewTextHandler(&log, nil)), alerts.Options{
		Now: h.server.Now, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	for kind, url := range map[string]string{
		"slack": "https://127.0.0.1:1/services/UNSPOKEN", "webhook": "https://10.0.0.1/UNSPOKEN?key=UNSPOKEN",
	} {
		if err := w.Test(t.Context(), h.channel(kind, url), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Contains(text, "UNSPOKEN") || !strings.Contains(text, "channel_slack") || !strings.Contains(text, "not a public address") {
		t.Errorf("the log says %s", text)
	}
}

// The end of the token that the site itself has is told, whether or not the token may see others.
func TestTheEndOfTheOwnToken(t *testing.T) {
	t.Parallel()
	for name, permissions := range map[string][]pierre.Permission{
		"as the setup makes it": {pierre.PermListKeys, pierre.PermManageUsers}, "with all permissions": pierre.Permissions(),
	} {
		h := open(t, dbtest.New(t))
		h.rule(db.Rule{Condition: "expiring", Threshold: 7, Channel: h.channel("webhook", h.hook.url)})
		own := h.server.ClientWith(t, noon.AddDate(0, 0, 10), permissions...)
		h.watches[0] = alerts.New(h.db, h.outbox, texts, own, h.ring, silent, alerts.Options{Now: h.server.Now, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
		evaluate := func(w *alerts.Watch) error { return w.Evaluate(t.Context(), true) }
		if err := evaluate(h.watches[0]); err != nil || len(h.open()) > 0 {
			t.Errorf("%s, ten days before: %v, %v", name, h.open(), err)
		}
		h.server.Pass(4 * 24 * time.Hour)
		if err := evaluate(h.watches[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		h.wantOpen("This site's own admin token, of test, ends on 30 November 2026")
		// While the server is away nobody knows, and nothing is over.
		gone := httptest.NewServer(nil)
		gone.Close()
		away, err := adminapi.NewClient(gone.URL, pierreSecret(), adminapi.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := evaluate(alerts.New(h.db, h.outbox, texts, away, h.ring, silent, alerts.Options{Now: h.server.Now})); err == nil {
			t.Errorf("%s: a server that is away is no fault", name)
		}
		h.wantOpen("This site's own admin token")
	}
}

// A limit of a minute that is reached again and again is told once a day, to its customer as to the staff.
func TestAShortLimitIsToldOnceADay(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "starter")
	limit, minute := int64(10), pierre.PeriodMinute
	if _, err := h.server.Client.Update(t.Context(), k.APIKeyID, adminapi.UpdateRequest{Settings: adminapi.Settings{RuleSettings: adminapi.RuleSettings{
		RateLimitRequests: adminapi.Nullable[int64]{Given: true, Value: &limit}, RateLimitPeriod: &minute,
	}}}); err != nil {
		t.Fatal(err)
	}
	h.rule(db.Rule{Condition: "limit", Threshold: 90, Channel: h.channel("webhook", h.hook.url)})
	use := func(after time.Duration, wantMails int) {
		t.Helper()
		h.server.Pass(after)
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: 10, Status: pierre.CallSucceeded})
		h.look(time.Second)
		if got := h.mails("ana@example.com"); len(got) != wantMails {
			t.Errorf("at %s: %d mails, want %d", h.server.Now(), len(got), wantMails)
		}
		h.look(time.Minute) // the next minute has no calls
	}
	for range 4 {
		use(10*time.Minute, 1)
	}
	opened := func() (n int) {
		for _, e := range h.hook.events(t) {
			if e.Type == "alert.opened" {
				n++
			}
		}
		return n
	}
	if opened() != 1 {
		t.Errorf("staff were told %d times in a day", opened())
	}
	use(12*time.Hour, 2)
	if opened() != 2 {
		t.Errorf("staff were told %d times in two days", opened())
	}
}
