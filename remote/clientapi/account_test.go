package clientapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/remote/clientapi"
)

func (h *harness) account(key string) (a clientapi.AccountAnswer) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.do("GET", "/v1/account", key).body), &a); err != nil {
		h.t.Fatal(err)
	}
	return a
}

// Who confirms it with the account's address deletes it with all keys and all data; other accounts stay.
func TestDeleteAccount(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		h := start(t, s, time.Now)
		ana, key := h.provision("ana", pierre.KeyPersonal, pierre.Rules{})
		second, other := h.provision("ana", pierre.KeyPersonal, pierre.Rules{})
		bob, bobs := h.provision("bob", pierre.KeyPersonal, pierre.Rules{})
		for _, user := range []pierre.UserID{ana.UserID, bob.UserID} {
			rec := pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRun, Start: time.Unix(1_700_000_000, 0), Provider: pierre.ProviderFile}}
			if _, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: pierre.ProviderFile, Imported: time.Now()}, rec); err != nil {
				t.Fatal(err)
			}
		}
		if got := h.account(key); got.Activities != 1 || got.Keys != 2 || !got.Deletable || got.Reason != nil {
			t.Errorf("before: %+v", got)
		}
		if body := h.do("GET", "/v1/account", key).body; strings.Contains(body, "ana@") {
			t.Errorf("the address that confirms a deletion is shown: %s", body)
		}
		for _, body := range []string{`{}`, `{"confirm_email":""}`, `{"confirm_email":"bob@example.com"}`, `{"confirm_email":"ana"}`, `{"confirm_email":"ana@example.com","all":true}`, `x`, ``} {
			if got := h.send("DELETE", "/v1/account", key, body); got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", body, got.status, got.body)
			}
		}
		if got := h.account(key); got.Activities != 1 || len(h.left)+len(h.ended) != 0 {
			t.Fatalf("after refusals: %+v, left %v, ended %v", got, h.left, h.ended)
		}
		if got := h.send("DELETE", "/v1/account", key, `{"confirm_email":" Ana@Example.com"}`); got.status != http.StatusNoContent {
			t.Fatalf("confirmed: %d %s", got.status, got.body)
		}
		if !slices.Equal(h.left, []pierre.UserID{ana.UserID}) || len(h.ended) != 2 || !slices.Contains(h.ended, second.ID) {
			t.Errorf("access ended of %v, keys %v", h.left, h.ended)
		}
		for _, k := range []string{key, other} {
			if got := h.do("GET", "/v1/account", k); got.status != http.StatusUnauthorized {
				t.Errorf("a key of the account: %d %s", got.status, got.body)
			}
		}
		if _, err := s.Account(t.Context(), ana.UserID); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("the account is there: %v", err)
		}
		if has, err := s.Holdings(t.Context(), ana.UserID); err != nil || has != (pierre.Holdings{}) {
			t.Errorf("left of it: %+v, %v", has, err)
		}
		if got := h.account(bobs); got.Activities != 1 || got.Keys != 1 {
			t.Errorf("another account: %+v", got)
		}
	})
}

// An athlete who is made while the account is deleted is not deleted with it unasked.
func TestAthletesMadeMeanwhile(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		h := start(t, s, time.Now)
		ana, key := h.provision("ana", pierre.KeyPersonal, pierre.Rules{})
		h.meanwhile = func() { h.ensure(t.Context(), ana.UserID, "4711") }
		if got := h.send("DELETE", "/v1/account", key, `{"confirm_email":"ana@example.com"}`); got.status != http.StatusForbidden || !strings.Contains(got.body, "1 athletes") {
			t.Errorf("%d %s", got.status, got.body)
		}
		if got := h.account(key); got.Athletes != 1 || got.Keys != 1 || len(h.ended)+len(h.left) != 0 {
			t.Errorf("left: %+v, keys that ended: %v, connections of %v", got, h.ended, h.left)
		}
	})
}

// Keys in the hands of programs do not delete accounts.
func TestWhoMayNotDeleteAccounts(t *testing.T) {
	s := storetest.New(t)
	h := start(t, s, time.Now)
	_, app := h.provision("acme", pierre.KeyApplication, pierre.Rules{})
	acme, withAthletes := h.provision("acme", pierre.KeyPersonal, pierre.Rules{})
	h.ensure(t.Context(), acme.UserID, "4711")
	_, narrow := h.provision("ana", pierre.KeyPersonal, pierre.Rules{Tools: []string{"get_*"}})
	_, good := h.provision("ana", pierre.KeyPersonal, pierre.Rules{})
	for key, text := range map[string]string{app: "key of an application", withAthletes: "1 athletes", narrow: "some of the tools"} {
		got := h.account(key)
		if got.Deletable || got.Reason == nil || !strings.Contains(*got.Reason, text) {
			t.Errorf("want %q: %+v", text, got)
		}
		if got := h.send("DELETE", "/v1/account", key, `{"confirm_email":"ana@example.com"}`); got.status != http.StatusForbidden || !strings.Contains(got.body, text) {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	off := httptest.NewServer(clientapi.New(h.keys, s, allowance.New(limit.New(s), time.Now), clientapi.Options{})) // as by default
	t.Cleanup(off.Close)
	h.url = off.URL
	if got := h.send("DELETE", "/v1/account", good, `{"confirm_email":"ana@example.com"}`); got.status != http.StatusForbidden || !strings.Contains(got.body, "admin site") {
		t.Errorf("where the operator does not allow it: %d %s", got.status, got.body)
	}
	if _, err := access.ParseKey(good); err != nil || h.account(good).Keys != 2 {
		t.Errorf("the account is not as it was, %v", err)
	}
}
