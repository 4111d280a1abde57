package access_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// An athleteStore is the real store, and counts how often it is asked.
type athleteStore struct {
	*store.Store

	asked  int
	before func() // is called between the store's answer and its return
}

func (s *athleteStore) EnsureAthlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName, most int, now time.Time) (pierre.UserID, error) {
	s.asked++
	id, err := s.Store.EnsureAthlete(ctx, customer, name, most, now)
	if s.before != nil {
		s.before()
	}
	return id, err
}

// request returns a request that names athletes.
func request(t *testing.T, method string, names ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
	r.Header[http.CanonicalHeaderKey(pierre.HeaderAthlete)] = names
	return r
}

func TestAthletes(t *testing.T) {
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	var passed atomic.Int64 // s since then; the cache reads the clock on goroutines of its own
	clock := func() time.Time { return now.Add(time.Duration(passed.Load()) * time.Second) }
	s := &athleteStore{Store: storetest.New(t)}
	acme, err := s.EnsureUser(t.Context(), "acme@example.com", now)
	if err != nil {
		t.Fatal(err)
	}
	athletes := access.NewAthletes(s, 2, clock)
	app := access.Principal{Customer: acme.ID, KeyID: "key_a", Type: pierre.KeyApplication}
	act := func(name string) pierre.UserID {
		t.Helper()
		p, err := athletes.ActFor(app, request(t, "POST", name))
		if err != nil || p.UserID == "" || p.Customer != acme.ID || p.KeyID != "key_a" {
			t.Fatalf("%s: %+v, %v", name, p, err)
		}
		return p.UserID
	}
	ana := act("ana")
	if act("ana") != ana || act("bob") == ana || s.asked != 2 {
		t.Errorf("the store was asked %d times", s.asked)
	}
	passed.Add(11)
	if act("ana") != ana || s.asked != 3 {
		t.Errorf("after 11 seconds, the store was asked %d times in all, want 3", s.asked)
	}
	_, err = athletes.ActFor(app, request(t, "POST", "cy"))
	if pierre.KindOf(err) != pierre.KindDenied || !strings.Contains(err.Error(), "admits 2") {
		t.Errorf("one athlete too many: %v", err)
	}

	remove := func() {
		id, err := s.DeleteAthlete(t.Context(), pierre.Act{Person: "key_a", At: clock()}, acme.ID, "ana")
		if err != nil {
			t.Error(err)
		}
		athletes.AthleteDeleted(id)
	}
	remove()
	next := act("ana")
	if next == ana {
		t.Error("a deleted athlete is remembered")
	}
	// It is deleted while somebody looks for it: what was found is not remembered.
	passed.Add(11)
	s.before = func() { s.before = nil; remove() }
	act("ana")
	if last := act("ana"); last == next {
		t.Error("an athlete is remembered that was deleted while it was looked for")
	}
}

// What reads or deletes makes no athlete: mistyped ones are not found, nor those of other customers.
func TestOnlyPostsMakeAthletes(t *testing.T) {
	s := storetest.New(t)
	ids := storetest.Users(t, s, time.Now(), "acme@example.com", "other@example.com")
	athletes := access.NewAthletes(s, 2, time.Now)
	app, other := access.Principal{Customer: ids[0], Type: pierre.KeyApplication}, access.Principal{Customer: ids[1], Type: pierre.KeyApplication}
	methods := []string{http.MethodGet, http.MethodHead, http.MethodDelete}
	for _, method := range methods {
		if p, err := athletes.ActFor(app, request(t, method, "ana")); pierre.KindOf(err) != pierre.KindNotFound || p.UserID != "" || !strings.Contains(err.Error(), "GET /v1/athletes") {
			t.Errorf("%s before she is made: %+v, %v", method, p, err)
		}
	}
	if page, err := s.Athletes(t.Context(), pierre.AthleteQuery{Customer: ids[0], Limit: 9}); err != nil || len(page.Athletes) != 0 {
		t.Errorf("%+v was made, %v", page, err)
	}
	made, err := athletes.ActFor(app, request(t, http.MethodPost, "ana"))
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []*access.Athletes{athletes, access.NewAthletes(s, 2, time.Now)} { // the other one remembers nobody yet
		for _, method := range methods {
			if p, err := all.ActFor(app, request(t, method, "ana")); err != nil || p.UserID != made.UserID {
				t.Errorf("%s: %+v, %v", method, p, err)
			}
			for name, c := range map[string]struct {
				who   access.Principal
				names []string
				kind  pierre.Kind
			}{
				"mistyped":           {app, []string{"Ana"}, pierre.KindNotFound},
				"another customer's": {other, []string{"ana"}, pierre.KindNotFound},
				"none named":         {app, nil, pierre.KindMalformed},
				"a person's key":     {access.Principal{Customer: ids[0], UserID: ids[0]}, []string{"ana"}, pierre.KindMalformed},
			} {
				if p, err := all.ActFor(c.who, request(t, method, c.names...)); pierre.KindOf(err) != c.kind {
					t.Errorf("%s %s: %+v, %v", method, name, p, err)
				}
			}
		}
	}
	if page, err := s.Athletes(t.Context(), pierre.AthleteQuery{Customer: ids[1], Limit: 9}); err != nil || len(page.Athletes) != 0 {
		t.Errorf("%+v was made, %v", page, err)
	}
}

func TestAthletesOfPersons(t *testing.T) {
	athletes := access.NewAthletes(storetest.New(t), 2, time.Now)
	person := access.Principal{UserID: "user_a", Customer: "user_a", Type: pierre.KeyPersonal}
	if p, err := athletes.ActFor(person, request(t, "POST")); err != nil || p.UserID != "user_a" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, names := range [][]string{{"ana"}, {""}, {"a", "b"}} {
		if _, err := athletes.ActFor(person, request(t, "POST", names...)); pierre.KindOf(err) != pierre.KindMalformed || !strings.Contains(err.Error(), "one person's") {
			t.Errorf("%q: %v", names, err)
		}
	}
	nobody := access.Principal{UserID: "user_a", Customer: "user_nobody", Type: pierre.KeyApplication}
	for _, names := range [][]string{nil, {""}, {"a\n"}} {
		if p, err := athletes.ActFor(nobody, request(t, "POST", names...)); pierre.KindOf(err) != pierre.KindMalformed || p.UserID != "" {
			t.Errorf("%q: %+v, %v", names, p, err)
		}
	}
	if p, err := athletes.ActFor(nobody, request(t, "POST", "ana")); err == nil || p.UserID != "" {
		t.Errorf("the athlete of a customer that there is not: %+v, %v", p, err)
	}
}
