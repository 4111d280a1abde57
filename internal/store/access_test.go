package store_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

var day0 = time.Date(2026, 3, 1, 12, 0, 0, 123000, time.UTC)

func act(at time.Time) pierre.Act { return pierre.Act{Person: "admin_token_test", At: at} }

// answerID is the answer of these tests: the id of the key that was made.
func answerID(k pierre.APIKey) ([]byte, error) { return []byte(k.ID), nil }

func newKey(email string) pierre.APIKey {
	id := pierre.NewKeyID()
	return pierre.APIKey{
		ID: id, Email: email, Name: "laptop", Description: "Ana's laptop", Tier: pierre.TierProfessional,
		Rules: pierre.Rules{Limit: pierre.Limit{Requests: 5, Period: pierre.PeriodHour}, Tools: []string{"get_*"}},
		Hash:  sha256.Sum256([]byte(id)), Prefix: "pk_live_abcd", Last4: "wxyz", Expires: day0.AddDate(1, 0, 0),
	}
}

func provision(t *testing.T, s *store.Store, k pierre.APIKey, at time.Time) pierre.APIKey {
	t.Helper()
	if _, _, err := s.ProvisionAPIKey(t.Context(), act(at), k, answerID); err != nil {
		t.Fatal(err)
	}
	kept, err := s.APIKey(t.Context(), k.ID)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestProvisionedKeyReadsBack(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := newKey("ana@example.com")
		kept := provision(t, s, k, day0)
		u, err := s.UserByEmail(t.Context(), "ana@example.com")
		if err != nil {
			t.Fatal(err)
		}
		want := k
		want.UserID, want.Created, want.Family, want.Type = u.ID, day0, k.ID, pierre.KeyPersonal
		if want.Plan, err = s.Tier(t.Context(), k.Tier); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(kept, want) {
			t.Errorf("APIKey = %+v\nwant %+v", kept, want)
		}
		byHash, err := s.APIKeyByHash(t.Context(), k.Hash)
		if err != nil || !reflect.DeepEqual(byHash, want) {
			t.Errorf("APIKeyByHash = %+v, %v\nwant %+v", byHash, err, want)
		}
		for name, err := range map[string]error{
			"APIKey":       second(s.APIKey(t.Context(), "key_none")),
			"APIKeyByHash": second(s.APIKeyByHash(t.Context(), [32]byte{1})),
			"UpdateAPIKey": second(s.UpdateAPIKey(t.Context(), act(day0), "key_none", func(*pierre.APIKey) error { return nil })),
			"RevokeAPIKey": second(s.RevokeAPIKey(t.Context(), act(day0), "key_none")),
			"AdminToken":   second(s.AdminToken(t.Context(), "admin_token_none")),
		} {
			if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s(unknown) = %v, want not found", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// Two keys of one user may have the same name: names are labels.
func TestNamesNeedNotBeUnique(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		a, b := provision(t, s, newKey("ana@example.com"), day0), provision(t, s, newKey("ana@example.com"), day0)
		if a.Name != b.Name || a.UserID != b.UserID || a.ID == b.ID {
			t.Errorf("keys = %+v, %+v; want two keys of one user with one name", a, b)
		}
	})
}

func TestListAPIKeys(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		var want []pierre.KeyID // newest first
		for i := range 7 {
			k := newKey("ana@example.com")
			k.Expires = time.Time{}
			if i == 2 {
				k.Expires = day0.Add(time.Hour)
			}
			provision(t, s, k, day0.Add(time.Duration(i/2)*time.Minute)) // some at the same time
			if i == 4 {
				if _, err := s.RevokeAPIKey(t.Context(), act(day0.Add(time.Hour)), k.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		provision(t, s, newKey("bob@example.com"), day0)
		all, err := s.APIKeys(t.Context(), pierre.KeyQuery{Email: "ana@example.com", Limit: 100})
		if err != nil || len(all.Keys) != 7 || all.NextCursor != "" {
			t.Fatalf("all of Ana's keys: %d, cursor %q, %v; want 7 and no cursor", len(all.Keys), all.NextCursor, err)
		}
		for _, k := range all.Keys {
			want = append(want, k.ID)
		}
		for _, limit := range []int{1, 2, 3, 7} {
			if got := walkKeys(t, s, pierre.KeyQuery{Email: "ana@example.com", Limit: limit}); !reflect.DeepEqual(got, want) {
				t.Errorf("pages of %d: %v\nwant %v", limit, got, want)
			}
		}
		active := walkKeys(t, s, pierre.KeyQuery{Email: "ana@example.com", ActiveAt: day0.Add(2 * time.Hour), Limit: 2})
		if len(active) != 5 {
			t.Errorf("%d active keys, want 5: not the expired and not the revoked one", len(active))
		}
		if got := walkKeys(t, s, pierre.KeyQuery{Limit: 3}); len(got) != 8 {
			t.Errorf("%d keys of everybody, want 8", len(got))
		}
		if got := walkKeys(t, s, pierre.KeyQuery{Email: "eve@example.com", Limit: 3}); len(got) != 0 {
			t.Errorf("keys of an unknown user: %v, want none", got)
		}
		_, err = s.APIKeys(t.Context(), pierre.KeyQuery{Limit: 3, Cursor: "made-up"})
		if e, ok := errors.AsType[*pierre.Error](err); !ok || e.Field != "cursor" {
			t.Errorf("a made-up cursor: %v, want invalid cursor", err)
		}
	})
}

// walkKeys follows the cursors to the end.
func walkKeys(t *testing.T, s *store.Store, q pierre.KeyQuery) []pierre.KeyID {
	t.Helper()
	var ids []pierre.KeyID
	for {
		page, err := s.APIKeys(t.Context(), q)
		if err != nil || len(page.Keys) > q.Limit {
			t.Fatalf("a page of %d keys, %v", len(page.Keys), err)
		}
		for _, k := range page.Keys {
			ids = append(ids, k.ID)
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return ids
		}
	}
}

func TestRevokeAgainChangesNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provision(t, s, newKey("ana@example.com"), day0)
		for _, at := range []time.Time{day0.Add(time.Minute), day0.Add(time.Hour)} {
			got, err := s.RevokeAPIKey(t.Context(), act(at), k.ID)
			if err != nil || !got.Revoked.Equal(day0.Add(time.Minute)) {
				t.Errorf("RevokeAPIKey at %v = %v, %v; want the first time", at, got.Revoked, err)
			}
		}
		if got := actions(t, s); !reflect.DeepEqual(got, []string{"key.revoke", "key.provision", "user.create"}) {
			t.Errorf("audit log = %v, want one revocation", got)
		}
	})
}

func TestRotateKeepsBothKeys(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		old := provision(t, s, newKey("ana@example.com"), day0)
		at := day0.Add(time.Hour)
		next := newKey("ignored@example.com")
		_, _, err := s.RotateAPIKey(t.Context(), act(at), old.ID, func(k *pierre.APIKey) (pierre.APIKey, error) {
			return next, k.Replace(next.ID, time.Minute, at)
		}, answerID)
		if err != nil {
			t.Fatal(err)
		}
		ended, err1 := s.APIKey(t.Context(), old.ID)
		made, err2 := s.APIKey(t.Context(), next.ID)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if ended.ReplacedBy != next.ID || !ended.Expires.Equal(at.Add(time.Minute)) {
			t.Errorf("the old key = %+v, want replaced and ending a minute later", ended)
		}
		if made.UserID != old.UserID || made.Email != "ana@example.com" || !made.Created.Equal(at) {
			t.Errorf("the new key = %+v, want the same user's", made)
		}
	})
}

// What a change could not finish leaves no trace: no key, no user, no audit row, no answer.
func TestFailedChangeLeavesNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		once := adminAct(t, s)
		boom := errors.New("boom")
		_, _, err := s.ProvisionAPIKey(t.Context(), once, newKey("ana@example.com"), func(pierre.APIKey) ([]byte, error) { return nil, boom })
		if !errors.Is(err, boom) {
			t.Fatalf("ProvisionAPIKey = %v, want the answer's error", err)
		}
		if _, err := s.UserByEmail(t.Context(), "ana@example.com"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("the user was made: %v", err)
		}
		if got := actions(t, s); !reflect.DeepEqual(got, []string{"admin_token.generate"}) {
			t.Errorf("audit log = %v", got)
		}
		_, repeated, err := s.ProvisionAPIKey(t.Context(), once, newKey("ana@example.com"), answerID)
		if err != nil || repeated {
			t.Errorf("trying again = repeated %v, %v; want a first time", repeated, err)
		}
	})
}

// adminAct returns an act of an admin token whose request can be repeated.
func adminAct(t *testing.T, s *store.Store) pierre.Act {
	t.Helper()
	const id = "admin_token_once"
	if _, err := s.AdminToken(t.Context(), id); err != nil {
		a := pierre.AdminToken{ID: id, Service: "portal", Permissions: []pierre.Permission{pierre.PermProvisionKeys}, Created: day0}
		if err := s.CreateAdminToken(t.Context(), act(day0), a); err != nil {
			t.Fatal(err)
		}
	}
	return pierre.Act{
		Token: pierre.AdminTokenID(id), At: day0,
		Once: &pierre.Once{Route: "POST /x", Key: "retry-1", Request: sha256.Sum256([]byte("body"))},
	}
}

func TestRepeatedRequestChangesOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		once := adminAct(t, s)
		const n = 16
		answers := make([]string, n)
		var firsts sync.Map
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				answer, repeated, err := s.ProvisionAPIKey(t.Context(), once, newKey("ana@example.com"), answerID)
				if err != nil {
					t.Error(err)
				}
				if !repeated {
					firsts.Store(i, true)
				}
				answers[i] = string(answer)
			})
		}
		wg.Wait()
		made := walkKeys(t, s, pierre.KeyQuery{Limit: 10})
		if len(made) != 1 {
			t.Fatalf("%d keys were made, want 1", len(made))
		}
		for i, a := range answers {
			if a != string(made[0]) {
				t.Errorf("answer %d = %q, want %q", i, a, made[0])
			}
		}
		first := 0
		firsts.Range(func(any, any) bool { first++; return true })
		if first != 1 {
			t.Errorf("%d requests were the first, want 1", first)
		}
	})
}

func TestRepetitionsHaveLimits(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*pierre.Act)
		repeated bool
		field    string
	}{
		{"the same request", func(*pierre.Act) {}, true, ""},
		{"another body", func(a *pierre.Act) { a.Once.Request[0]++ }, true, "Idempotency-Key"},
		{"another route", func(a *pierre.Act) { a.Once.Route = "POST /y" }, false, ""},
		{"another key", func(a *pierre.Act) { a.Once.Key = "retry-2" }, false, ""},
		{"just before a day", func(a *pierre.Act) { a.At = day0.Add(24*time.Hour - time.Microsecond) }, true, ""},
		{"a day later", func(a *pierre.Act) { a.At = day0.Add(24 * time.Hour) }, false, ""},
		{"another day and body", func(a *pierre.Act) { a.At, a.Once.Request[0] = day0.Add(24*time.Hour), 1 }, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, s *store.Store) {
				once := adminAct(t, s)
				if _, _, err := s.ProvisionAPIKey(t.Context(), once, newKey("ana@example.com"), answerID); err != nil {
					t.Fatal(err)
				}
				again := adminAct(t, s)
				tt.change(&again)
				_, repeated, err := s.ProvisionAPIKey(t.Context(), again, newKey("ana@example.com"), answerID)
				if tt.field == "" && err != nil || repeated != tt.repeated {
					t.Errorf("repeated = %v, %v; want %v", repeated, err, tt.repeated)
				}
				if e, ok := errors.AsType[*pierre.Error](err); tt.field != "" && (!ok || e.Field != tt.field) {
					t.Errorf("err = %v, want about %s", err, tt.field)
				}
			})
		})
	}
}

func TestLastUseMovesForward(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provision(t, s, newKey("ana@example.com"), day0)
		for _, at := range []time.Time{day0.Add(time.Hour), day0.Add(time.Minute)} {
			if err := s.TouchAPIKeys(t.Context(), map[pierre.KeyID]time.Time{k.ID: at, "key_gone": at}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.APIKey(t.Context(), k.ID)
		if err != nil || !got.LastUsed.Equal(day0.Add(time.Hour)) {
			t.Errorf("LastUsed = %v, %v; want the later time", got.LastUsed, err)
		}
	})
}

func TestAdminTokens(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		a := pierre.AdminToken{
			ID: pierre.NewAdminTokenID(), Service: "portal", Description: "the site", Permissions: pierre.Permissions(),
			Created: day0, Expires: day0.AddDate(1, 0, 0),
		}
		if err := s.CreateAdminToken(t.Context(), act(day0), a); err != nil {
			t.Fatal(err)
		}
		if got, err := s.AdminToken(t.Context(), a.ID); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("AdminToken = %+v, %v; want %+v", got, err, a)
		}
		b := a
		b.ID, b.Created = pierre.NewAdminTokenID(), day0.Add(time.Hour)
		if _, err := s.RotateAdminToken(t.Context(), act(day0.Add(time.Hour)), a.ID,
			func(pierre.AdminToken) (pierre.AdminToken, error) { return b, nil }); err != nil {
			t.Fatal(err)
		}
		if err := s.TouchAdminToken(t.Context(), b.ID, day0.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RevokeAdminToken(t.Context(), act(day0.Add(3*time.Hour)), b.ID); err != nil {
			t.Fatal(err)
		}
		a.Revoked, b.LastUsed, b.Revoked = day0.Add(time.Hour), day0.Add(2*time.Hour), day0.Add(3*time.Hour)
		if got, err := s.AdminTokens(t.Context()); err != nil || !reflect.DeepEqual(got, []pierre.AdminToken{a, b}) {
			t.Errorf("AdminTokens = %+v, %v\nwant %+v, %+v", got, err, a, b)
		}
		if got := actions(t, s); !reflect.DeepEqual(got, []string{"admin_token.revoke", "admin_token.rotate", "admin_token.generate"}) {
			t.Errorf("audit log = %v", got)
		}
	})
}

func actions(t *testing.T, s *store.Store) []string {
	t.Helper()
	var names []string
	cursor := ""
	for {
		page, err := s.AuditLog(t.Context(), pierre.AuditQuery{Limit: 2, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if !json.Valid([]byte(e.Details)) || !strings.HasPrefix(e.Details, "{") {
				t.Errorf("details of %s = %q, want a JSON object", e.Action, e.Details)
			}
			names = append(names, e.Action)
		}
		if cursor = page.NextCursor; cursor == "" {
			return names
		}
	}
}

// The log outlives a bug or an operator with a shell: the database itself refuses to rewrite it.
func TestAuditLogIsAppendOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pierre.db")
	s, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	provision(t, s, newKey("ana@example.com"), day0)
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{`UPDATE audit_log SET actor = 'nobody'`, `DELETE FROM audit_log`} {
		if _, err := db.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s = %v, want it refused", q, err)
		}
	}
	if got := fmt.Sprint(actions(t, s)); got != "[key.provision user.create]" {
		t.Errorf("audit log = %s", got)
	}
}
