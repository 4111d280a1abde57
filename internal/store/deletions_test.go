package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A deletion that broke off after the athlete's name was free is finished later, and no other athlete is touched.
func TestDeletionsAreFinished(t *testing.T) {
	s, now := openTest(t, filepath.Join(t.TempDir(), "pierre.db")), time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	acme, err := s.EnsureUser(t.Context(), "acme@example.com", now)
	if err != nil {
		t.Fatal(err)
	}
	var ids []pierre.UserID
	for _, name := range []pierre.AthleteName{"ana", "bob"} {
		id, err := s.EnsureAthlete(t.Context(), acme.ID, name, 10, now)
		if err != nil {
			t.Fatal(err)
		}
		for n := range deletedAtOnce + 5 {
			rec := pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: now.AddDate(0, 0, -n), Provider: pierre.ProviderFile}}
			src := pierre.Source{Provider: pierre.ProviderFile, SHA256: [32]byte{byte(n), byte(n >> 8)}, Imported: now}
			if _, err := s.ImportRecording(t.Context(), id, src, rec); err != nil {
				t.Fatal(err)
			}
		}
		ids = append(ids, id)
	}
	if _, err := s.write.ExecContext(t.Context(), `UPDATE users SET athlete_name = NULL WHERE id = ?`, ids[0]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.FinishDeletions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var users, activities int
	if err := s.row(t.Context(), `SELECT count(*), (SELECT count(*) FROM activities) FROM users`).Scan(&users, &activities); err != nil || users != 2 || activities != deletedAtOnce+5 {
		t.Errorf("%d users and %d activities are left, %v; want the customer, one athlete and its activities", users, activities, err)
	}
}
