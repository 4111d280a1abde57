package activityfile

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// walkBytes walks an upload of one file.
func walkBytes(t testing.TB, name string, content []byte, opts Options) []Result {
	t.Helper()
	return walkSource(t, NewSource(name, bytes.NewReader(content), int64(len(content))), opts)
}

func walkSource(t testing.TB, src *Source, opts Options) []Result {
	t.Helper()
	var results []Result
	if err := Walk(t.Context(), src, opts, func(r Result) error {
		results = append(results, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return results
}

// one returns the only result of an upload of one file.
func one(t testing.TB, name string, content []byte) Result {
	t.Helper()
	results := walkBytes(t, name, content, Options{})
	if len(results) != 1 {
		t.Fatalf("%d results, want 1: %v", len(results), brief(results))
	}
	return results[0]
}

// brief tells results apart in messages: path, status and what they say.
func brief(results []Result) []string {
	var lines []string
	for _, r := range results {
		line := r.Path + " " + string(r.Status)
		for _, text := range append([]string{r.Reason}, r.Warnings...) {
			if text != "" {
				line += ": " + text
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// A member is a file of an archive that a test packs.
type member struct {
	name    string
	content []byte
}

func pack(t testing.TB, members ...member) []byte { return packBy(t, zip.Deflate, members) }

// store packs without compressing.
func store(t testing.TB, members ...member) []byte { return packBy(t, zip.Store, members) }

func packBy(t testing.TB, method uint16, members []member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// measured counts the values of a column.
func measured(column []float64) int {
	n := 0
	for _, x := range column {
		if !math.IsNaN(x) {
			n++
		}
	}
	return n
}

func meanOf(column []float64) float64 {
	sum := 0.0
	for _, x := range column {
		if !math.IsNaN(x) {
			sum += x
		}
	}
	return sum / float64(measured(column))
}

// run is a GPX track of three points.
const run = `<?xml version="1.0"?><gpx version="1.1" creator="test"><trk><name>Morning</name><type>running</type><trkseg>
<trkpt lat="47.0" lon="8.0"><ele>400</ele><time>2024-05-01T06:00:00Z</time></trkpt>
<trkpt lat="47.001" lon="8.0"><ele>410</ele><time>2024-05-01T06:00:30Z</time></trkpt>
<trkpt lat="47.002" lon="8.0"><ele>405</ele><time>2024-05-01T06:01:00Z</time></trkpt>
</trkseg></trk></gpx>`

func TestWalkAccountsForEveryFileOnceAndInOrder(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"a/run.gpx": run, "a/notes.txt": "hello", "b.gpx": "<gpx></gpx>", "c.fit": "no fit at all", "photo.jpg": "\xff\xd8",
		"nested.zip": string(pack(t, member{"inner/run.gpx", []byte(run)}, member{"deeper.zip", pack(t, member{"x.gpx.gz", gz(t, []byte(run))})})),
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.gpx")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a/notes.txt skipped: no activity: a document or table",
		"a/run.gpx ok",
		"b.gpx skipped: it holds no track",
		"c.fit failed: this is no FIT file, whatever its name says",
		"link.gpx failed: it is a link or a device, not a file",
		"nested.zip/inner/run.gpx ok",
		"nested.zip/deeper.zip/x.gpx.gz ok",
		"photo.jpg skipped: a photo or video",
	}
	for range 2 {
		src, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := walkSource(t, src, Options{})
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(brief(got), want) {
			t.Fatalf("got  %s\nwant %s", strings.Join(brief(got), "\n     "), strings.Join(want, "\n     "))
		}
		// However a recording is wrapped, it is the same file.
		if got[1].SHA256 != got[5].SHA256 || got[1].SHA256 != got[6].SHA256 || got[1].SHA256 == [32]byte{} {
			t.Errorf("the checksums of one file in three wrappings differ: %x, %x, %x", got[1].SHA256, got[5].SHA256, got[6].SHA256)
		}
	}
}

func TestWalkStopsAtAnErrorOfYieldAndWithItsContext(t *testing.T) {
	archive := pack(t, member{"1.gpx", []byte(run)}, member{"2.gpx", []byte(run)}, member{"3.gpx", []byte(run)})
	src := NewSource("upload.zip", bytes.NewReader(archive), int64(len(archive)))
	stop := errors.New("enough")
	n := 0
	err := Walk(t.Context(), src, Options{}, func(Result) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 2 {
		t.Errorf("after an error of yield: %v, after %d results", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	err = Walk(ctx, src, Options{}, func(Result) error {
		n++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("after the end of the context: %v, after %d results", err, n)
	}
}

func TestOpenNamesWhatIsMissing(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "nowhere.zip"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "nowhere.zip") {
		t.Errorf("got %v", err)
	}
}
