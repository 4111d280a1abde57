//go:build !race

// A passphrase is tried for half a second, and with the race detector for many.

package backup_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// The secrets are readable for nobody but the holder of the passphrase or the identity.
func TestSecretsInABackup(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	byPassphrase, err := backup.Passphrase(secret.New("correct horse battery"))
	if err != nil {
		t.Fatal(err)
	}
	byRecipient, err := backup.Recipients("# the operator\n" + id.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	passphrase := func(text string) backup.Key {
		k, err := backup.Key{}.OpenPassphrase(secret.New(text))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	identity := func(id *age.X25519Identity) backup.Key {
		k, err := backup.Key{}.OpenIdentities(strings.NewReader(id.String()))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	for name, tt := range map[string]struct {
		lock         backup.Lock
		right, wrong backup.Key
	}{
		"passphrase": {byPassphrase, passphrase("correct horse battery"), passphrase("correct horse batterz")},
		"recipient":  {byRecipient, identity(id), identity(other)},
	} {
		path, _ := makeBackup(t, tt.lock)
		if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte(`"text"`)) {
			t.Errorf("%s: the secrets stand in the file, %v", name, err)
		}
		if _, opened, err := backup.Verify(t.Context(), program(), path, tt.right, backup.Options{}); err != nil || !opened {
			t.Errorf("%s: %t, %v", name, opened, err)
		}
		if _, _, err := backup.Verify(t.Context(), program(), path, tt.wrong, backup.Options{}); pierre.KindOf(err) != pierre.KindDenied {
			t.Errorf("%s: the wrong key: %v", name, err)
		}
		if _, opened, err := backup.Verify(t.Context(), program(), path, backup.Key{}, backup.Options{}); err != nil || opened {
			t.Errorf("%s: without a key: %t, %v", name, opened, err)
		}
		var got string
		file := filepath.Join(t.TempDir(), "pierre.db")
		to := backup.Target{DatabaseURL: file, Path: file, Secrets: func(text []byte) (func() ([]string, error), error) {
			return func() ([]string, error) { got = string(text); return nil, nil }, nil
		}}
		if _, err := backup.Restore(t.Context(), program(), path, backup.Key{}, to, backup.Options{}); pierre.KindOf(err) != pierre.KindDenied {
			t.Errorf("%s: restored without a key: %v", name, err)
		}
		if _, err := backup.Restore(t.Context(), program(), path, tt.right, to, backup.Options{}); err != nil || got != `{"secret":"text"}` {
			t.Errorf("%s: restored %q, %v", name, got, err)
		}
	}
	if _, err := backup.Passphrase(secret.New("fifteen bytes..")); err == nil {
		t.Error("a passphrase that is too short is taken")
	}
}
