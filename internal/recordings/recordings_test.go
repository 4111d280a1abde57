package recordings_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/recordings"
)

// The truth is about these very bytes: any other file of the same name would make every comparison void.
func TestExpectedIsAboutTheFilesInDir(t *testing.T) {
	e := recordings.Load(t)
	if len(e.Files) == 0 || len(e.Archives.Strava.Rows) == 0 || len(e.Archives.Apple.Workouts) == 0 {
		t.Fatal("expected.json lacks a part")
	}
	for name, want := range e.Files {
		b, err := os.ReadFile(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != want.SHA256 {
			t.Errorf("%s: SHA-256 %x, want %s", name, sum, want.SHA256)
		}
	}
}
