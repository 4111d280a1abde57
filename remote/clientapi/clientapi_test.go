package clientapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/remote/clientapi"
)

// Who may use which route. What has no effect is refused.
func TestRoutes(t *testing.T) {
	h := start(t, storetest.New(t), time.Now)
	app, appKey := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
	_, personal := h.provision("ana", pierre.KeyPersonal, pierre.Rules{})
	revoked, revokedKey := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
	if _, err := h.store.RevokeAPIKey(t.Context(), pierre.Act{Person: "test", At: time.Now()}, revoked.ID); err != nil {
		t.Fatal(err)
	}
	h.ensure(t.Context(), app.UserID, "ana")
	for _, tt := range []struct {
		method, path            string
		app, personal, withName int
	}{
		{"GET", "/v1/limits", 200, 200, 400},
		{"GET", "/admin/api-keys/validate", 200, 200, 400},
		{"GET", "/v1/account", 200, 200, 400},
		{"DELETE", "/v1/account", 403, 400, 400},
		{"POST", "/v1/account", 405, 405, 405},
		{"GET", "/v1/athletes", 200, 403, 400},
		{"GET", "/v1/athletes/ana", 200, 403, 400},
		{"GET", "/v1/athletes/bob", 404, 403, 400},
		{"GET", "/v1/athletes/%20", 422, 403, 400},
		{"GET", "/v1/athletes/ana?x=1", 422, 403, 400},
		{"GET", "/v1/limits?x=1", 422, 422, 400},
		{"GET", "/v1/athletes?limit=0", 422, 403, 400},
		{"GET", "/v1/athletes?cursor=x", 422, 403, 400},
		{"DELETE", "/v1/athletes/bob", 204, 403, 400},
		{"POST", "/v1/athletes", 405, 405, 405},
		{"GET", "/v1/nothing", 404, 404, 404},
		{"GET", "/v1/openapi.json", 200, 200, 200},
	} {
		open := tt.app == http.StatusMethodNotAllowed || strings.HasSuffix(tt.path, ".json") || strings.HasSuffix(tt.path, "nothing")
		for name, got := range map[string][2]int{
			"an application's key":              {h.do(tt.method, tt.path, appKey).status, tt.app},
			"a person's key":                    {h.do(tt.method, tt.path, personal).status, tt.personal},
			"an application's, with an athlete": {h.do(tt.method, tt.path, appKey, pierre.HeaderAthlete, "ana").status, tt.withName},
			"X-API-Key":                         {h.do(tt.method, tt.path, "", "X-API-Key", appKey).status, tt.app},
		} {
			if got[0] != got[1] {
				t.Errorf("%s %s with %s: %d, want %d", tt.method, tt.path, name, got[0], got[1])
			}
		}
		for name, key := range map[string]string{"no key": "", "a mistyped key": appKey[:39] + "!", "a revoked key": revokedKey, "another server's key": access.GenerateKey(pierre.ModeLive).Reveal()} {
			if a := h.do(tt.method, tt.path, key); a.status != http.StatusUnauthorized && !open {
				t.Errorf("%s %s with %s: %d", tt.method, tt.path, name, a.status)
			}
		}
	}
}

// The document has every route, and no other.
func TestDocument(t *testing.T) {
	h := start(t, storetest.New(t), time.Now)
	_, key := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
	for path, item := range h.doc["paths"].(map[string]any) {
		var methods []string
		for method := range item.(map[string]any) {
			if method != "parameters" {
				methods = append(methods, strings.ToUpper(method))
			}
		}
		slices.Sort(methods)
		a := h.do("PATCH", strings.ReplaceAll(path, "{name}", "x"), key)
		if got := a.header.Get("Allow"); a.status != http.StatusMethodNotAllowed || got != strings.Join(methods, ", ") {
			t.Errorf("%s knows %q, the document %v", path, got, methods)
		}
	}
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	h := start(t, storetest.New(t), func() time.Time { return now })
	_, key := h.provision("acme", pierre.KeyPersonal, pierre.Rules{
		Limit: pierre.Limit{Requests: 10, Period: pierre.PeriodDay}, Burst: pierre.Burst{Requests: 5, Per: 2 * time.Second},
		ToolLimits: map[string]pierre.Limit{"get_stats": {Requests: 3, Period: pierre.PeriodHour}},
		Tools:      []string{"get_*"},
	})
	who, err := h.keys.Verify(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if r, err := h.limiter.Reserve(t.Context(), who.Buckets("get_stats"), now); err != nil || !r.Allowed {
			t.Fatal(err)
		}
	}
	var got clientapi.Allowance
	for range 3 { // asking costs nothing
		a := h.do("GET", "/v1/limits", key)
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
	}
	have := map[string]string{}
	for _, l := range got.Limits {
		window := "burst"
		if l.Period != nil {
			window = string(*l.Period)
		}
		have[l.Policy] = fmt.Sprintf("%s %s %d %d %d %s", l.Scope, window, l.Requests, l.Used, l.Remaining, l.ResetsAt.Format(time.TimeOnly))
	}
	want := map[string]string{
		"key-day":             "key day 10 2 8 00:00:00",
		"key-burst":           "key burst 5 2 3 05:05:06",
		"tool-get_stats-hour": "tool hour 3 2 1 06:00:00",
	}
	for policy, text := range want {
		if have[policy] != text {
			t.Errorf("%s is %q, want %q", policy, have[policy], text)
		}
	}
	if len(have) != len(want) || strings.Join(got.Tools, " ") != "get_activities get_stats" || got.Tier != pierre.TierEnterprise || got.ExpiresAt != nil {
		t.Errorf("%+v", got)
	}
	_, free := h.provision("free", pierre.KeyApplication, pierre.Rules{})
	if a := h.do("GET", "/v1/limits", free); !strings.Contains(a.body, `"limits":[]`) || !strings.Contains(a.body, `"key_type":"application"`) || !strings.Contains(a.body, "set_athlete_profile") {
		t.Errorf("without limits: %s", a.body)
	}
}

// A customer sees and deletes its own athletes; those of another are not there.
func TestAthletes(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		h := start(t, s, time.Now)
		acme, acmeKey := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
		_, second := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
		other, otherKey := h.provision("other", pierre.KeyApplication, pierre.Rules{})
		names := []pierre.AthleteName{"ana", "b/o b", "ç", "50%", "a?b#c", "x+y", "..."}
		for _, name := range names {
			h.ensure(t.Context(), acme.UserID, name)
		}
		foreign := h.ensure(t.Context(), other.UserID, "ana")
		for _, key := range []string{acmeKey, second} {
			seen := map[pierre.AthleteName]bool{}
			for path := "/v1/athletes?limit=3"; path != ""; {
				var page clientapi.AthleteList
				a := h.do("GET", path, key)
				if err := json.Unmarshal([]byte(a.body), &page); err != nil || len(page.Athletes) > 3 {
					t.Fatalf("%v in %s", err, a.body)
				}
				for _, athlete := range page.Athletes {
					seen[athlete.Name] = true
				}
				if path = ""; page.NextCursor != nil {
					path = "/v1/athletes?limit=3&cursor=" + url.QueryEscape(*page.NextCursor)
				}
			}
			for _, name := range names {
				if !seen[name] || len(seen) != len(names) {
					t.Errorf("%q of %v is not listed", name, seen)
				}
			}
		}
		for _, name := range names {
			path := "/v1/athletes/" + url.PathEscape(string(name))
			var got clientapi.AthleteAnswer
			a := h.do("GET", path, acmeKey)
			if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Athlete.Name != name {
				t.Errorf("%s: %v in %d %s", path, err, a.status, a.body)
			}
			for range 2 {
				if a := h.do("DELETE", path, acmeKey); a.status != http.StatusNoContent || a.body != "" {
					t.Errorf("DELETE %s: %d %s", path, a.status, a.body)
				}
			}
			if a := h.do("GET", path, acmeKey); a.status != http.StatusNotFound {
				t.Errorf("%s after its deletion: %d %s", path, a.status, a.body)
			}
		}
		if len(h.deleted) != len(names) {
			t.Errorf("%d deletions were told, want %d", len(h.deleted), len(names))
		}
		if !slices.Equal(h.left, h.deleted) {
			t.Errorf("access to other services was ended of %v, deleted were %v", h.left, h.deleted)
		}
		if a := h.do("GET", "/v1/athletes/ana", otherKey); a.status != http.StatusOK || slices.Contains(h.deleted, foreign) {
			t.Errorf("another customer's athlete: %d %s", a.status, a.body)
		}
	})
}

// readOnly are keys as an app holds them that was given access to tools that change nothing.
type readOnly struct{ clientapi.Authenticator }

func (r readOnly) Verify(ctx context.Context, key string) (access.Principal, error) {
	p, err := r.Authenticator.Verify(ctx, key)
	p.ReadOnly = true
	return p, err
}

func TestAppsThatMayOnlyReadDeleteNothing(t *testing.T) {
	s := storetest.New(t)
	h := start(t, s, time.Now)
	row, key := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
	h.ensure(t.Context(), row.UserID, "ana")
	srv := httptest.NewServer(clientapi.New(readOnly{h.keys}, s, allowance.New(h.limiter, time.Now), clientapi.Options{}))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	if a := h.do("DELETE", "/v1/athletes/ana", key); a.status != http.StatusForbidden {
		t.Errorf("DELETE: %d %s", a.status, a.body)
	}
	if a := h.do("GET", "/v1/athletes/ana", key); a.status != http.StatusOK {
		t.Errorf("GET: %d %s", a.status, a.body)
	}
}
