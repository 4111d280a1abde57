package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// sealedSite returns a database that keeps an answer sealed with the ring in dir, and what changes the ring's secrets, with all
// that is sealed, as rotate-secrets does.
func sealedSite(t *testing.T, dir string) (st *store.Store, rotate func()) {
	t.Helper()
	s := site{dir: dir}
	s.adminToken(t)
	st, err := store.Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	ring, err := keyring.Load(dir, keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	token := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "console", Created: now, Expires: now.Add(time.Hour)}
	if err := st.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: now}, token); err != nil {
		t.Fatal(err)
	}
	act := pierre.Act{Token: token.ID, Person: "test", At: now, Once: &pierre.Once{Route: "POST /admin/provision-api-key", Key: "one"}}
	key := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Name: "Ana", Tier: pierre.TierStarter, Hash: [32]byte{1}}
	answer := ring.Seal([]byte("the answer"), pierre.AnswerPurpose(token.ID, act.Once.Route, act.Once.Key))
	if _, _, err := st.ProvisionAPIKey(t.Context(), act, key, func(pierre.APIKey) ([]byte, error) { return answer, nil }); err != nil {
		t.Fatal(err)
	}
	return st, func() {
		if _, err := ring.Rotate(); err != nil {
			t.Error(err)
		}
		sum, err := st.Reseal(t.Context(), func(sealed, purpose []byte) ([]byte, bool, error) {
			text, err := ring.Open(sealed, purpose)
			return ring.Seal(text, purpose), true, err
		})
		if err != nil || sum.Renewed != 1 {
			t.Errorf("%+v, %v", sum, err)
		}
	}
}

// A backup that is made while the secrets are rotated has the key of what it holds sealed, and one without it is refused.
func TestABackupHasTheKeyOfItsRows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, rotate := sealedSite(t, dir)
	export := func(dir string) func() ([]byte, error) {
		return func() ([]byte, error) { return keyring.Export(dir, keyring.Source{}, keyring.Source{}) }
	}
	rotated := false
	path := filepath.Join(t.TempDir(), "a.zip")
	_, err := backup.Make(t.Context(), backupProgram(), st, path, backup.Secrets{Export: export(dir), Lock: backup.Plain()}, backup.Options{Progress: func(p backup.Progress) {
		if p.Step == "copying the database" && !rotated {
			rotated = true
			rotate()
		}
	}})
	if err != nil || !rotated {
		t.Fatalf("rotated %t, %v", rotated, err)
	}
	if _, opened, err := backup.Verify(t.Context(), backupProgram(), path, backup.Key{}, backup.Options{}); err != nil || !opened {
		t.Errorf("rotated meanwhile: %t, %v", opened, err)
	}

	other := t.TempDir()
	if _, err := keyring.Load(other, keyring.Source{}, keyring.Source{}); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"of another key": other, "of no key": t.TempDir()} {
		path := filepath.Join(t.TempDir(), "b.zip")
		if _, err := backup.Make(t.Context(), backupProgram(), st, path, backup.Secrets{Export: export(dir), Lock: backup.Plain()}, backup.Options{}); err != nil {
			t.Fatal(err)
		}
		_, opened, err := backup.Verify(t.Context(), backupProgram(), path, backup.Key{}, backup.Options{})
		if opened || pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(pierre.MessageOf(err, ""), "do not open 1 of the 1 rows") {
			t.Errorf("%s: %t, %v; want a refusal", name, opened, err)
		}
	}
}
