package importer_test

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// Files are kept if the server says so; those that were imported before come with the next import of them, which changes nothing
// else, and what an account's file holds is kept as what is uploaded is.
func TestOriginalsAreKept(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	files := func() int64 {
		t.Helper()
		n, err := db.Originals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n.Files
	}
	db.load(t, ana, "run_3laps_hr.tcx", "strava_export_en.zip")
	if n := files(); n != 0 {
		t.Errorf("%d files are kept, though nobody asked for it", n)
	}
	keeping := importer.New(db.Store, time.Now, importer.Options{TempDir: t.TempDir(), KeepOriginals: true})
	load := func(name string) pierre.ImportSummary {
		t.Helper()
		sum, err := keeping.ImportPath(t.Context(), ana, filepath.Join(recordings.Dir(t), name), importer.Watch{})
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	for range 2 {
		if sum := load("run_3laps_hr.tcx"); sum.Duplicate != 1 || files() != 1 {
			t.Errorf("again: %+v, %d files", sum, files())
		}
	}
	load("not_an_activity_settings.fit")
	load("apple_health_export_v14.zip")
	if n := files(); n != 1 {
		t.Errorf("%d files are kept; settings are no recording, and a health export is more than one", n)
	}
	content, err := os.ReadFile(filepath.Join(recordings.Dir(t), "ride_zwift_zero_hr.fit"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keeping.KeepFetched(t.Context(), ana, pierre.Fetched{Provider: pierre.ProviderWahoo, ExternalID: "7", File: "wahoo 7.fit", Content: content}); err != nil {
		t.Fatal(err)
	}
	o, err := db.Original(t.Context(), ana, sha256.Sum256(content))
	if err != nil {
		t.Fatal(err)
	}
	var back bytes.Buffer
	if err := original.Unpack(&back, o); err != nil || !bytes.Equal(back.Bytes(), content) {
		t.Errorf("what was fetched: %d bytes came back of %d, %v", back.Len(), len(content), err)
	}
}

// A file that is too large to be kept is imported, and the report says so. Files count in what a person may have.
func TestLargeOriginals(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	keeping := importer.New(db.Store, time.Now, importer.Options{TempDir: t.TempDir(), KeepOriginals: true, MaxStored: 100_000})
	write := func(name string, comment int) string {
		noise := make([]byte, comment)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
		for i, b := range noise {
			noise[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/"[b%64]
		}
		path := writeTrack(t, filepath.Join(t.TempDir(), name), 48, 16, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, comment%7), 0)
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("<!--" + string(noise) + "-->"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	load := func(path string) (warnings []string, err error) {
		_, err = keeping.ImportPath(t.Context(), ana, path, importer.Watch{Row: func(r pierre.ImportRow) error {
			if r.Status != pierre.ImportImported {
				t.Errorf("%+v", r)
			}
			warnings = r.Warnings
			return nil
		}})
		return warnings, err
	}
	warnings, err := load(write("large.gpx", 24<<20))
	if err != nil || !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "the file itself is not kept") }) {
		t.Errorf("too large to be kept: %v, %v", warnings, err)
	}
	if warnings, err := load(write("fits.gpx", 300_000)); err != nil || len(warnings) > 0 {
		t.Errorf("up to the limit: %v, %v", warnings, err)
	}
	if _, err := load(write("next.gpx", 100)); pierre.KindOf(err) != pierre.KindStorageFull {
		t.Errorf("beyond the limit: %v", err)
	}
}
