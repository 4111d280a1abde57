package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Activities that a version imported that let all of them count are settled once, in steps, of which none is made twice.
func TestSettleActivities(t *testing.T) {
	s, user := newMatchStore(t)
	t.Run("sqlite", func(t *testing.T) { settleOld(t, s, user) })
	t.Run("postgres", func(t *testing.T) {
		s := openPostgresTest(t)
		u, err := s.EnsureUser(t.Context(), "ana@example.com", noon)
		if err != nil {
			t.Fatal(err)
		}
		settleOld(t, s, u.ID)
	})
}

func settleOld(t *testing.T, s *Store, user pierre.UserID) {
	const pairs = 3
	for n := range 2 * pairs {
		src, rec := walk(fmt.Sprint(n), 0)
		rec.Start, rec.Series = noon.AddDate(0, 0, n/2).Add(time.Duration(n%2)*200*time.Second), pierre.Series{}
		if _, err := s.ImportRecording(t.Context(), user, src, rec); err != nil {
			t.Fatal(err)
		}
	}
	twins := func() int {
		page, err := s.Activities(t.Context(), user, pierre.ActivityQuery{Twins: true})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	if n := twins(); n != pairs {
		t.Fatalf("after the imports %d of %d do not count", n, 2*pairs)
	}
	if _, err := s.schema.Provider().DownTo(t.Context(), 45); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := twins(); n != 0 {
		t.Fatalf("of the older version %d do not count", n)
	}
	for n := range pairs {
		err := s.decide(t.Context(), "settling activities", user, func(i importing) error { return i.settleNext(t.Context()) })
		if err != nil || twins() != n+1 {
			t.Fatalf("after step %d %d do not count: %v", n, twins(), err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := s.SettleActivities(ended, user); !errors.Is(err, context.Canceled) {
		t.Errorf("without a client: %v", err)
	}
	for _, waiting := range []int{1, 0} {
		revision, err := s.ActivityRevision(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Digested(t.Context(), user, 1, revision, time.UTC); err != nil {
			t.Fatal(err)
		}
		if users, err := s.Undigested(t.Context(), 1, 9); err != nil || len(users) != waiting {
			t.Errorf("%v wait, %v; want %d users", users, err, waiting)
		}
		if err := s.SettleActivities(t.Context(), user); err != nil || twins() != pairs {
			t.Errorf("%d do not count: %v", twins(), err)
		}
	}
}

// Two that overlap are found behind any number of others.
func TestOverlapsFarApart(t *testing.T) {
	s, user := newMatchStore(t)
	for n := range lookedAt + 22 {
		src, rec := walk(fmt.Sprint(n), 0)
		rec.Start, rec.Series = noon.AddDate(0, 0, n), pierre.Series{}
		if n == lookedAt+21 {
			rec.Start = noon.AddDate(0, 0, n-1).Add(200 * time.Second)
		}
		if _, err := s.ImportRecording(t.Context(), user, src, rec); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []string{`UPDATE activities SET twin_id = ''`, `UPDATE activity_states SET unsettled_us = 0`} {
		if _, err := s.write.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SettleActivities(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if page, err := s.Activities(t.Context(), user, pierre.ActivityQuery{Twins: true}); err != nil || page.Total != 1 {
		t.Errorf("%d activities do not count, %v", page.Total, err)
	}
}
