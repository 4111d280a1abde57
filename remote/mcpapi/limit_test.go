package mcpapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dunglas/httpsfv"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// at returns a clock that stands still.
func at(instant string) func() time.Time {
	fixed, err := time.Parse(time.RFC3339, instant)
	return func() time.Time {
		if err != nil {
			return time.Time{}
		}
		return fixed
	}
}

// calls returns what was recorded of the client's key.
func (c *client) calls() []pierre.Call {
	c.h.t.Helper()
	if err := c.h.Recorder.Flush(c.h.t.Context()); err != nil {
		c.h.t.Fatal(err)
	}
	sum, err := c.h.Store.CallSummary(c.h.t.Context(), c.row.ID, time.Unix(0, 0), time.Unix(1<<35, 0))
	if err != nil {
		c.h.t.Fatal(err)
	}
	var all []pierre.Call
	for _, g := range sum.Groups {
		all = append(all, slices.Repeat([]pierre.Call{{Tool: g.Tool, Status: g.Status}}, int(g.Calls))...)
	}
	return all
}

func TestOverTheLimit(t *testing.T) {
	h := start(t, mcpapi.Options{Now: at("2026-02-10T11:59:18Z")})
	for _, modern := range []bool{false, true} {
		c := h.client(pierre.Limit{Requests: 2, Period: pierre.PeriodMinute})
		send := func() streamabletest.Response {
			if modern {
				return c.Modern("7", "tools/call", `"name":"noop"`)
			}
			return c.Post(streamabletest.Call("7", "noop", ""))
		}
		for remaining := 1; remaining >= 0; remaining-- {
			resp := send()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("a call within the limit: %d %s", resp.StatusCode, resp.Text)
			}
			checkRateLimit(t, resp.Header, int64(remaining))
			c.Post(streamabletest.Ping)                    // counts nothing
			c.Post(streamabletest.Call("1", "nosuch", "")) // neither does what was refused
		}
		resp := send()
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "42" {
			t.Errorf("over the limit: %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
		}
		checkRateLimit(t, resp.Header, 0)
		e := streamabletest.ErrorOf(t, resp.Text)
		if e.Code != 429 || e.Data["retryAfterSeconds"] != 42.0 || e.Data["policy"] != "key-minute" || !strings.Contains(resp.Text, `"id":7`) {
			t.Errorf("the body: %s", resp.Text)
		}
		var got []pierre.CallStatus
		for _, call := range c.calls() {
			got = append(got, call.Status)
		}
		slices.Sort(got) // the clock stands still
		if want := []pierre.CallStatus{"rate_limited", "succeeded", "succeeded"}; !slices.Equal(got, want) {
			t.Errorf("recorded %v, want %v", got, want)
		}
	}
}

// checkRateLimit reads the headers with a parser of structured fields (RFC 9651).
func checkRateLimit(t *testing.T, h http.Header, remaining int64) {
	t.Helper()
	for name, want := range map[string]map[string]int64{
		"RateLimit-Policy": {"q": 2, "w": 60},
		"RateLimit":        {"r": remaining, "t": 42},
	} {
		list, err := httpsfv.UnmarshalList(h.Values(name))
		if err != nil || len(list) != 1 {
			t.Fatalf("%s = %q: %v", name, h.Values(name), err)
		}
		item := list[0].(httpsfv.Item)
		if item.Value != "key-minute" {
			t.Errorf("%s names %v", name, item.Value)
		}
		for param, value := range want {
			if got, _ := item.Params.Get(param); got != value {
				t.Errorf("%s;%s = %v, want %d", name, param, got, value)
			}
		}
	}
}

func TestUnlimitedKeysHaveNoRateLimit(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	resp := c.Post(streamabletest.Call("1", "noop", ""))
	if resp.Header.Get("RateLimit") != "" || resp.Header.Get("RateLimit-Policy") != "" {
		t.Errorf("headers %v", resp.Header)
	}
}

// Of concurrent calls exactly as many are admitted as the limit says.
func TestLimitIsExact(t *testing.T) {
	const limit, calls = 20, 60
	c := start(t, mcpapi.Options{}).client(pierre.Limit{Requests: limit, Period: pierre.PeriodMonth})
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range calls {
		wg.Go(func() {
			resp := c.Post(streamabletest.Call("1", "noop", ""))
			mu.Lock()
			defer mu.Unlock()
			statuses[resp.StatusCode]++
		})
	}
	wg.Wait()
	if statuses[200] != limit || statuses[429] != calls-limit {
		t.Errorf("statuses %v, want %d admitted of %d", statuses, limit, calls)
	}
	if got := len(c.calls()); got != calls {
		t.Errorf("%d calls recorded, want %d", got, calls)
	}
}

// A recorder that a test can watch.
type watched struct {
	mcpapi.Recorder

	record func(pierre.Call) error
	addr   func(netip.Addr)
}

func (w *watched) Record(ctx context.Context, r limit.Reservation, c pierre.Call) error {
	err := w.record(c)
	if err != nil {
		err = errors.Join(err, r.Release(ctx))
	}
	return err
}

func (w *watched) Describe(addr netip.Addr, _ time.Time) (country, hash string) {
	if w.addr != nil {
		w.addr(addr)
	}
	return "NZ", "h"
}

// What is recorded, and that it is recorded before the answer goes out: the answer waits.
func TestRecordComesFirst(t *testing.T) {
	rec := &watched{}
	bubble(t, mcpapitest.Parts{Recorder: rec}, mcpapi.Options{Clients: rec}, func(t *testing.T, h *harness) {
		recorded, release := make(chan pierre.Call), make(chan struct{})
		rec.record = func(c pierre.Call) error {
			recorded <- c
			<-release
			return nil
		}
		c := h.client(pierre.Limit{Requests: 9, Period: pierre.PeriodDay})
		for _, tt := range []struct {
			tool   string
			status pierre.CallStatus
		}{{"noop", pierre.CallSucceeded}, {"soft", pierre.CallFailed}, {"leak", pierre.CallFailed}, {"progress", pierre.CallSucceeded}} {
			body := streamabletest.Call("1", tt.tool, "")
			answered := h.answer(c.Request(http.MethodPost, "/mcp", body))
			got := <-recorded
			synctest.Wait()
			select {
			case resp := <-answered:
				t.Fatalf("answered before it was recorded: %s", resp.Body)
			default:
			}
			release <- struct{}{}
			resp := <-answered
			if got.Tool != tt.tool || got.Status != tt.status || got.KeyID != c.row.ID || got.UserID != c.row.UserID ||
				got.Country != "NZ" || got.ClientHash != "h" {
				t.Errorf("%s: recorded %+v", tt.tool, got)
			}
			if got.RequestBytes != int64(len(body)) {
				t.Errorf("%s: %d request bytes, want %d", tt.tool, got.RequestBytes, len(body))
			}
			if tt.tool != "progress" && got.ResponseBytes != int64(resp.Body.Len()) {
				t.Errorf("%s: %d response bytes, want %d", tt.tool, got.ResponseBytes, resp.Body.Len())
			}
		}
	})
}

func TestRecordFails(t *testing.T) {
	full := &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The disk is full."}
	var fail error
	h := startWith(t, mcpapitest.Parts{Recorder: &watched{record: func(pierre.Call) error { return fail }}}, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	for _, tt := range []struct {
		err    error
		status int
		want   string
	}{
		{full, 507, "The disk is full."},
		{&pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server is stopping."}, 503, "The server is stopping."},
		{context.DeadlineExceeded, 500, "Something went wrong"},
	} {
		fail = tt.err
		resp := c.Post(streamabletest.Call("5", "noop", ""))
		if resp.StatusCode != tt.status || !strings.Contains(resp.Text, tt.want) || !strings.Contains(resp.Text, `"id":5`) {
			t.Errorf("%v: %d %s", tt.err, resp.StatusCode, resp.Text)
		}
		if retry := resp.Header.Get("Retry-After"); (retry != "") != (tt.status == http.StatusServiceUnavailable) {
			t.Errorf("%v: %d with Retry-After %q", tt.err, resp.StatusCode, retry)
		}
		// A stream has its status already: the error is its last message.
		events := c.Events(c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call("5", "progress", "")))).All()
		if last := events[len(events)-1].Data; len(events) != 4 || !strings.Contains(last, tt.want) {
			t.Errorf("%v, in a stream: %v", tt.err, events)
		}
	}
}

// A call that was not answered because it could not be recorded has cost nothing.
func TestWhatCannotBeRecordedDoesNotCount(t *testing.T) {
	var fail error
	h := startWith(t, mcpapitest.Parts{Recorder: &watched{record: func(pierre.Call) error { return fail }}}, mcpapi.Options{Now: at("2026-02-10T11:59:18Z")})
	c := h.client(pierre.Limit{Requests: 2, Period: pierre.PeriodMinute})
	checkRateLimit(t, c.Post(streamabletest.Call("1", "noop", "")).Header, 1)
	fail = &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The disk is full."}
	for range 5 {
		resp := c.Post(streamabletest.Call("1", "noop", ""))
		if resp.StatusCode != http.StatusInsufficientStorage || resp.Header.Get("RateLimit") != "" {
			t.Errorf("%d %s, RateLimit %q; want 507 without", resp.StatusCode, resp.Text, resp.Header.Get("RateLimit"))
		}
	}
	fail = nil
	checkRateLimit(t, c.Post(streamabletest.Call("1", "noop", "")).Header, 0)
}

// The headers list all limits of a call, and a refusal names the one that refuses.
func TestSeveralLimits(t *testing.T) {
	who := access.Principal{UserID: "user_a", Customer: "user_a", KeyID: "key_a", Quota: "key_a", Limits: pierre.Limits{
		Quota:    pierre.Limit{Requests: 5, Period: pierre.PeriodDay},
		Burst:    pierre.Burst{Requests: 3, Per: 30 * time.Second},
		Tools:    map[string]pierre.Limit{"noop": {Requests: 2, Period: pierre.PeriodMinute}},
		Customer: pierre.Limit{Requests: 4, Period: pierre.PeriodHour},
	}}
	h := startWith(t, mcpapitest.Parts{Personal: &who}, mcpapi.Options{Now: at("2026-02-10T23:59:18Z")})
	c := h.with("", pierre.APIKey{})
	resp := c.Post(streamabletest.Call("1", "noop", ""))
	for name, want := range map[string]string{
		"RateLimit-Policy": `"key-burst";q=3;w=30, "key-day";q=5;w=86400, "tool-noop-minute";q=2;w=60, "customer-hour";q=4;w=3600`,
		"RateLimit":        `"key-burst";r=2;t=10, "key-day";r=4;t=42, "tool-noop-minute";r=1;t=42, "customer-hour";r=3;t=42`,
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
		if list, err := httpsfv.UnmarshalList(resp.Header.Values(name)); err != nil || len(list) != 4 {
			t.Errorf("%s is no list of four: %v", name, err)
		}
	}
	c.Post(streamabletest.Call("2", "noop", ""))
	for _, step := range []struct{ tool, policy, retry, message string }{
		{"noop", "tool-noop-minute", "42", "this API key may make 2 calls of noop per minute"},
		{"soft", "", "", ""},
		{"soft", "key-burst", "10", "this API key may make 3 tool calls in 30 s; try again in 10 s."},
	} {
		resp := c.Post(streamabletest.Call("3", step.tool, ""))
		if step.policy == "" {
			continue
		}
		e := streamabletest.ErrorOf(t, resp.Text)
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != step.retry || e.Data["policy"] != step.policy || !strings.Contains(resp.Text, step.message) {
			t.Errorf("%s: %d, Retry-After %q, %s", step.tool, resp.StatusCode, resp.Header.Get("Retry-After"), resp.Text)
		}
	}
}

// A call that its client cancels has failed, and counts.
func TestCancelledCallsAreRecorded(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized()
	answered := make(chan streamabletest.Response)
	go func() { answered <- c.Post(streamabletest.Call("7", "block", `"name":"x"`)) }()
	ended := h.tools.Blocking("x")
	c.Post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
	<-ended
	<-answered
	if calls := c.calls(); len(calls) != 1 || calls[0].Status != pierre.CallFailed {
		t.Errorf("recorded %+v, want one failed call", calls)
	}
}
