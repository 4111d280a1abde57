package billing

import (
	"net/http"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/db"
)

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		status      int
		header      http.Header
		body        string
		done, final bool
		wait        time.Duration
	}{
		"taken":               {status: 200, done: true},
		"there already":       {status: 400, body: `{"error":{"message":"An event already exists with identifier a:b:c."}}`, done: true},
		"there, by its code":  {status: 400, body: `{"error":{"code":"duplicate_meter_event"}}`, done: true},
		"a wrong request":     {status: 400, body: `{"error":{"message":"No such meter"}}`, final: true},
		"the same words, 500": {status: 500, body: `{"error":{"message":"An event already exists with identifier a."}}`},
		"a wrong key":         {status: 401, body: `{}`},
		"too many":            {status: 429, header: http.Header{"Retry-After": {"7"}}, wait: 7 * time.Second},
		"a long wait":         {status: 503, header: http.Header{"Retry-After": {"9999999"}}, wait: maxStripeWait},
		"not to be repeated":  {status: 500, header: http.Header{"Stripe-Should-Retry": {"false"}}, final: true},
		"to be repeated":      {status: 400, header: http.Header{"Stripe-Should-Retry": {"true"}}},
		"a proxy":             {status: 502, body: "<html>"},
	} {
		h := http.Header{}
		for name, values := range c.header {
			h[http.CanonicalHeaderKey(name)] = values
		}
		v := judge(c.status, h, []byte(c.body))
		if v.delivered != c.done || v.final != c.final || v.wait != c.wait || (v.problem == "") != c.done {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(400, []byte(`{"error":{"code":"x","message":"y"}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if v := judge(status, http.Header{}, body); v.delivered && v.final || len(v.problem) > 2000 {
			t.Errorf("%+v", v)
		}
	})
}

// TestEventsWaitLonger: after each try, up to six hours.
func TestEventsWaitLonger(t *testing.T) {
	now := time.Unix(0, 0)
	var last time.Duration
	for tries := range int64(80) {
		e := verdict{problem: "x"}.after(db.MeterEvent{Tries: tries}, now)
		wait := e.Next.Sub(now)
		if wait < last || wait > maxStripeWait || wait < time.Minute {
			t.Errorf("after %d tries: %v", tries, wait)
		}
		last = wait
	}
	if last != maxStripeWait {
		t.Errorf("at last: %v", last)
	}
}
