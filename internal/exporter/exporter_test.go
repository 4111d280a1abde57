package exporter_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/exporter"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

var noon = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

// export returns the archive of a user, and what its files hold.
func export(t testing.TB, s *store.Store, user pierre.UserID) ([]byte, map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	if _, err := exporter.New(s, func() time.Time { return noon }, exporter.Options{}).Export(t.Context(), user, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), unzip(t, b.Bytes())
}

func unzip(t testing.TB, archive []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if _, twice := files[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		files[f.Name] = b.Bytes()
	}
	return files
}

// lines reads a file of one JSON object a line.
func lines[T any](t testing.TB, file []byte) (list []T) {
	t.Helper()
	for scan := bufio.NewScanner(bytes.NewReader(file)); scan.Scan(); {
		var line T
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", scan.Text(), err)
		}
		list = append(list, line)
	}
	return list
}

// load imports paths for the user and returns what became of the files.
func load(t testing.TB, s *store.Store, user pierre.UserID, src *activityfile.Source) (rows []pierre.ImportRow) {
	t.Helper()
	_, err := importer.New(s, time.Now, importer.Options{TempDir: t.TempDir()}).Import(t.Context(), user, src, importer.Watch{
		Row: func(r pierre.ImportRow) error {
			rows = append(rows, r)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func loadPath(t testing.TB, s *store.Store, user pierre.UserID, name string) {
	t.Helper()
	src, err := activityfile.Open(filepath.Join(recordings.Dir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	load(t, s, user, src)
}

// An archive lists every activity, each with its file, and says that it is complete.
func TestExport(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	loadPath(t, s, users[0], "ride_road_power.fit")
	loadPath(t, s, users[0], "run_3laps_hr.tcx")
	loadPath(t, s, users[1], "swim_pool_hr_messages.fit")
	archive, files := export(t, s, users[0])
	m, err := exportfile.Check(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || m.Activities != 2 || m.Written != 2 || !m.Created.Equal(noon) {
		t.Errorf("manifest %+v, %v", m, err)
	}
	list := lines[exportfile.Activity](t, files[exportfile.ActivitiesFile])
	if len(list) != 2 {
		t.Fatalf("%d activities", len(list))
	}
	for _, a := range list {
		if len(files[a.Written]) == 0 || len(a.Sources) != 1 || a.DistanceMeters == nil || !strings.HasPrefix(a.Written, "activities/") {
			t.Errorf("got %+v", a)
		}
	}
	for name, content := range files {
		if bytes.Contains(content, []byte("bob@")) || strings.Contains(name, "swim") {
			t.Errorf("%s has another's data", name)
		}
	}
	for n := range 40 { // wherever it is cut off, that is found out
		cut := archive[:len(archive)*n/40]
		if _, err := exportfile.Check(bytes.NewReader(cut), int64(len(cut))); err == nil {
			t.Errorf("%d of %d bytes are taken for complete", len(cut), len(archive))
		}
	}
}
