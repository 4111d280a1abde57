package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func deletions(n int, at time.Time) []pierre.DeletedRecording {
	list := make([]pierre.DeletedRecording, n)
	for i := range list {
		list[i] = pierre.DeletedRecording{Provider: pierre.ProviderFile, SHA256: [32]byte{1, byte(i), byte(i >> 8)}, Activity: "act_1", Deleted: at}
	}
	return list
}

var deletedDay = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

func withTwoUsers(t *testing.T) (s *Store, ana, ben pierre.UserID) {
	t.Helper()
	s = openTest(t, filepath.Join(t.TempDir(), "pierre.db"))
	var ids []pierre.UserID
	for _, email := range []string{"ana@example.com", "ben@example.com"} {
		u, err := s.EnsureUser(t.Context(), email, deletedDay)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	return s, ids[0], ids[1]
}

// However many deleted recordings an edited export lists, a user gets no more than the limit, and they count as stored.
func TestDeletedRecordingsAreBounded(t *testing.T) {
	s, ana, ben := withTwoUsers(t)
	const most = 3
	for _, step := range []struct {
		user       pierre.UserID
		list, want int
		full       bool
	}{{ana, 2, 2, false}, {ana, most, 1, false}, {ana, most + 1, 0, true}, {ben, most + 1, most, true}} {
		n, err := s.restoreDeleted(t.Context(), step.user, deletions(step.list, deletedDay), most)
		if n != step.want || (pierre.KindOf(err) == pierre.KindConflict) != step.full || !step.full && err != nil {
			t.Errorf("%+v: %d noted, %v", step, n, err)
		}
	}
	if n, err := s.StoredBytes(t.Context(), ana); err != nil || n != most*deletedBytes {
		t.Errorf("%d bytes count, %v", n, err)
	}
	var pages [][]pierre.DeletedRecording
	for after := (pierre.DeletedRecording{}); ; {
		page, err := s.DeletedRecordings(t.Context(), ana, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		pages, after = append(pages, page), page[len(page)-1]
	}
	if len(pages) != 2 || len(pages[0]) != 2 || len(pages[1]) != 1 || pages[1][0].SHA256 != [32]byte{1, 2} {
		t.Errorf("pages: %+v", pages)
	}
}

// Whether a recording is here is looked up by its file and by its entry, however many others there are.
func TestRecordingsAreFoundByFileAndEntry(t *testing.T) {
	for query, part := range map[string]string{
		hasFile:  "(user_id=? AND sha256=? AND part=?)",
		hasEntry: "(user_id=? AND provider=? AND external_id=?)",
	} {
		args := []any{"user_1", []byte{1}, 0}
		if query == hasEntry {
			args = []any{"user_1", "strava", "1", 0}
		}
		if plan := planOf(t, query, args...); !strings.Contains(plan, part) {
			t.Errorf("the plan lacks %q:\n%s", part, plan)
		}
	}
}

// What a deleted user had most of goes in pieces, files in small ones.
func TestUsersAreDeletedInPieces(t *testing.T) {
	s, ana, ben := withTwoUsers(t)
	for _, user := range []pierre.UserID{ana, ben} {
		if _, err := s.RestoreDeleted(t.Context(), user, deletions(deletedAtOnce+1, deletedDay)); err != nil {
			t.Fatal(err)
		}
		for n := range 2*filesAtOnce + 1 {
			if _, err := s.write.ExecContext(t.Context(), `INSERT INTO originals (user_id, sha256, bytes, packed) VALUES (?, ?, 1, ?)`, user, []byte{byte(n)}, []byte{1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func(user pierre.UserID) (files, notes int) {
		t.Helper()
		if err := s.row(t.Context(), `SELECT (SELECT count(*) FROM originals WHERE user_id = $1), (SELECT count(*) FROM deleted_recordings WHERE user_id = $1)`, user).Scan(&files, &notes); err != nil {
			t.Fatal(err)
		}
		return files, notes
	}
	for n, want := range []struct {
		files, notes int
		more         bool
	}{{filesAtOnce + 1, 1, true}, {1, 0, true}, {0, 0, false}} {
		more, err := s.deletePiece(t.Context(), ana)
		if files, notes := left(ana); err != nil || more != want.more || files != want.files || notes != want.notes {
			t.Errorf("piece %d leaves %d files and %d notes, more %v, %v; want %+v", n, files, notes, more, err, want)
		}
	}
	if files, notes := left(ben); files != 2*filesAtOnce+1 || notes != deletedAtOnce+1 {
		t.Errorf("another user has %d files and %d notes", files, notes)
	}
}
