package keyring_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func load(t *testing.T, dir string) *keyring.Ring {
	t.Helper()
	r, err := keyring.Load(dir, keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func opens(r *keyring.Ring, sealed []byte) bool {
	plain, err := r.Open(sealed, []byte("row"))
	return err == nil && string(plain) == "text"
}

// What was made with the secrets before a rotation is accepted until they are forgotten.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	r := load(t, dir)
	oldSecret, oldText := r.JWTSecret(), r.Seal([]byte("text"), []byte("row"))
	changed, err := r.Rotate()
	if err != nil || len(changed) != 2 {
		t.Fatalf("Rotate = %v, %v", changed, err)
	}
	newSecret, newText := r.JWTSecret(), r.Seal([]byte("text"), []byte("row"))
	if newSecret.Reveal() == oldSecret.Reveal() || r.Current(oldText) || !r.Current(newText) {
		t.Error("the secrets are still the old ones")
	}
	for name, r := range map[string]*keyring.Ring{"rotated": r, "loaded anew": load(t, dir)} {
		if len(r.JWTSecrets(oldSecret.ID())) != 1 || len(r.JWTSecrets(newSecret.ID())) != 1 || len(r.JWTSecrets("")) != 2 || r.JWTSecrets("0000") != nil {
			t.Errorf("%s: the wrong secrets are accepted for tokens", name)
		}
		if !opens(r, oldText) || !opens(r, newText) {
			t.Errorf("%s: what was sealed cannot be opened", name)
		}
	}
	if runtime.GOOS != "windows" {
		for _, file := range []string{"jwt.secret", "jwt.secret.previous", "encryption.key", "encryption.key.previous"} {
			if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v; want mode 0600", file, info, err)
			}
		}
	}
	if removed, err := r.ForgetPrevious(); err != nil || len(removed) != 2 {
		t.Fatalf("ForgetPrevious = %v, %v", removed, err)
	}
	if r.JWTSecrets(oldSecret.ID()) != nil || opens(r, oldText) || !opens(r, newText) {
		t.Error("what was forgotten is accepted")
	}
}

// A program that runs while another one rotates accepts what is new at once, and uses it after Reload.
func TestRunningProgramsFollowARotation(t *testing.T) {
	dir := t.TempDir()
	running, rotating := load(t, dir), load(t, dir)
	before := running.Seal([]byte("text"), []byte("row"))
	if _, err := rotating.Rotate(); err != nil {
		t.Fatal(err)
	}
	sealed := rotating.Seal([]byte("text"), []byte("row"))
	if !opens(running, sealed) {
		t.Error("the running program does not accept what is new")
	}
	if running.JWTSecrets(rotating.JWTSecret().ID()) == nil || !opens(running, before) {
		t.Error("the running program accepts the old or the new no more")
	}
	if _, err := running.Reload(); err != nil {
		t.Fatal(err)
	}
	if !running.Current(sealed) {
		t.Error("after Reload it seals with the old key")
	}
}

// Programs that rotate at the same time, and a rotation that was interrupted, lose no secret.
func TestRotationsSideBySide(t *testing.T) {
	dir := t.TempDir()
	sealed := load(t, dir).Seal([]byte("text"), []byte("row"))
	rings := make([]*keyring.Ring, 4)
	for i := range rings {
		rings[i] = load(t, dir)
	}
	var wg sync.WaitGroup
	for _, r := range rings {
		wg.Go(func() {
			if _, err := r.Rotate(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if r := load(t, dir); !opens(r, sealed) {
		t.Error("what was sealed before cannot be opened")
	}
	if err := os.Rename(filepath.Join(dir, "jwt.secret"), filepath.Join(dir, "jwt.secret.next")); err != nil {
		t.Fatal(err)
	}
	if _, err := rings[0].Reload(); err == nil {
		t.Error("a secret that is gone is made anew in a program that runs")
	}
	if rings[0].JWTSecret().Reveal() == "" {
		t.Error("a secret that is gone is no longer used")
	}
}

// Secrets from outside may be several, too.
func TestGivenPreviousSecrets(t *testing.T) {
	const third = "Bv7nMq2wEr9tYu4iOp1aSd6fGh3jKl8z"
	dir := t.TempDir()
	file := filepath.Join(dir, "previous")
	if err := os.WriteFile(file, []byte(keyText+"\n\n"+third+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sealed := func(key string) []byte {
		r, err := keyring.Load(dir, text(jwtText), text(key))
		if err != nil {
			t.Fatal(err)
		}
		return r.Seal([]byte("text"), []byte("row"))
	}
	const next = "Xw5cVb8nMa1sDf4gHj7kLq0pWo3eIr6u"
	for name, src := range map[string]keyring.Source{
		"as text":   {Text: secret.New(next), Previous: secret.New(keyText + "\n" + third)},
		"in a file": {Text: secret.New(next), PreviousFile: file},
	} {
		r, err := keyring.Load(dir, text(jwtText), src)
		if err != nil {
			t.Fatal(name, err)
		}
		if !opens(r, sealed(keyText)) || !opens(r, sealed(third)) || !opens(r, sealed(next)) || !r.Current(sealed(next)) {
			t.Errorf("%s: not all keys are accepted, or the wrong one is used", name)
		}
		if names := r.Outside(); strings.Join(names, " ") != "JWT_SECRET ENCRYPTION_KEY" {
			t.Errorf("%s: Outside = %v", name, names)
		}
		if changed, err := r.Rotate(); err != nil || len(changed) != 0 {
			t.Errorf("%s: Rotate = %v, %v; want nothing to do", name, changed, err)
		}
	}
	many := strings.Repeat(third+"\n", 8)
	for name, tt := range map[string]struct {
		src  keyring.Source
		want string
	}{
		"a short one":     {keyring.Source{Text: secret.New(next), Previous: secret.New("short")}, "a line of JWT_SECRET_PREVIOUS has 5 bytes"},
		"twice":           {keyring.Source{Text: secret.New(next), Previous: secret.New(keyText), PreviousFile: file}, "both set"},
		"no current one":  {keyring.Source{Previous: secret.New(keyText)}, "without JWT_SECRET"},
		"eight":           {keyring.Source{Text: secret.New(next), Previous: secret.New(many)}, ""},
		"more than eight": {keyring.Source{Text: secret.New(next), Previous: secret.New(many + third)}, "may have 8"},
	} {
		err := tt.src.Check("JWT_SECRET")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// A rotation is no cause for a warning while the secrets before it are accepted.
func TestCompareAfterARotation(t *testing.T) {
	s, dir := storetest.New(t), t.TempDir()
	r := load(t, dir)
	compareAll := func(want int) {
		t.Helper()
		warnings, err := r.Compare(t.Context(), s)
		if err != nil || len(warnings) != want {
			t.Errorf("%v, %v; want %d warnings", warnings, err, want)
		}
	}
	compareAll(0)
	for range 2 {
		if _, err := r.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	compareAll(0)
	if _, err := r.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ForgetPrevious(); err != nil {
		t.Fatal(err)
	}
	compareAll(2)
}
