//go:build !race

package activityfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestArchivesThatCannotBeRead(t *testing.T) {
	whole := pack(t, member{"a.gpx", []byte(run)}, member{"b.gpx", []byte(run)})
	damaged := bytes.Clone(whole)
	copy(damaged[60:], "xxxxxxxx") // in the content of a.gpx
	encrypted := bytes.Clone(whole)
	directory := bytes.Index(encrypted, []byte("PK\x01\x02"))
	encrypted[directory+8] |= 1
	method := bytes.Clone(whole)
	method[directory+10] = 9 // Deflate64
	for _, tt := range []struct {
		name    string
		content []byte
		want    []string
	}{
		{"cut off", whole[:len(whole)/2], []string{"up.zip failed: the archive is cut off or damaged: its list of files is missing"}},
		{"empty", pack(t), []string{"up.zip skipped: the archive is empty"}},
		{"not one", []byte("hello"), []string{"up.zip failed: this is no zip archive, whatever its name says"}},
		{"encrypted", encrypted, []string{"a.gpx failed: it is encrypted", "b.gpx ok"}},
		{"another compression", method, []string{"a.gpx failed: its compression (method 9) is not supported: pack the archive anew", "b.gpx ok"}},
		{"RAR", []byte("Rar!\x1a\x07"), []string{"up.zip failed: this is no zip archive, whatever its name says"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(walkBytes(t, "up.zip", tt.content, Options{})); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("damaged inside", func(t *testing.T) {
		got := walkBytes(t, "up.zip", damaged, Options{})
		if len(got) != 2 || got[1].Status != StatusOK || got[0].Status == StatusOK && len(got[0].Warnings) == 0 {
			t.Errorf("got %q", brief(got))
		}
	})
}

func TestHostileNamesStayNames(t *testing.T) {
	names := []string{"../../etc/run.gpx", "/root/run.gpx", `C:\run.gpx`, "a\x00b\nc.gpx", strings.Repeat("long/", 5000) + "run.gpx", "", "run.gpx", "run.gpx"}
	var members []member
	for _, n := range names {
		members = append(members, member{n, []byte(run)})
	}
	dir := t.TempDir()
	results := walkBytes(t, "up.zip", pack(t, members...), Options{TempDir: dir})
	if len(results) != len(names) {
		t.Fatalf("%d results, want %d", len(results), len(names))
	}
	for i, r := range results {
		if r.Status != StatusOK || r.Path == "" || strings.ContainsAny(r.Path, "\x00\n\\") {
			t.Errorf("%q became %q: %v", names[i], r.Path, brief([]Result{r}))
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("files were written: %v %v", left, err)
	}
}

func TestBombs(t *testing.T) {
	const gpx = "<gpx><trk><trkseg>"
	tags := []byte(gpx + strings.Repeat("<a b='"+strings.Repeat("x", 1000)+"'/>", 5<<10))
	nested := []byte(run)
	for i := range 6 {
		nested = pack(t, member{fmt.Sprintf("%d.zip", i), nested})
	}
	blank := pack(t, member{"x.gpx", tags})
	for _, tt := range []struct {
		name    string
		content []byte
		limits  Limits
		reason  string
	}{
		{"expands a thousandfold", blank, Limits{}, "expands to more than 200 times"},
		{"gzip that does", gz(t, bytes.Repeat([]byte{0}, 5<<20)), Limits{}, "no activity"}, // it is not even read
		{"gzip of XML that does", gz(t, tags), Limits{}, "expands to more than 200 times"},
		{"archive in an archive", pack(t, member{"inner.zip", blank}), Limits{}, "expands to more than 200 times"},
		{"too deep", nested, Limits{}, "nested more than 3 deep"},
		{"larger than one file may be", pack(t, member{"x.gpx", gpxDoc(gpxTrk(fitStart, 2000, ""))}), Limits{FileBytes: 10_000}, "larger than 10000 bytes"},
		{"larger than an upload may be", pack(t, member{"x.gpx", gpxDoc(gpxTrk(fitStart, 2000, ""))}), Limits{TotalBytes: 10_000}, "upload is larger"},
		{"a list larger than a file may be", pack(t, member{"activities.csv", []byte("id,date,filename\n" + strings.Repeat("1,2024-05-01 06:00:00,\n", 1000))}), Limits{FileBytes: 10_000}, "larger than 10000 bytes"},
		{"a Garmin list larger than a file may be", pack(t, member{"x_summarizedActivities.json", []byte("[" + strings.Repeat(" ", 20_000) + "]")}), Limits{FileBytes: 10_000}, "larger than 10000 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			results := walkBytes(t, "up.bin", tt.content, Options{Limits: tt.limits, TempDir: t.TempDir()})
			if len(results) != 1 || results[0].Status == StatusOK || !strings.Contains(results[0].Reason, tt.reason) {
				t.Errorf("got %q, want %q", brief(results), tt.reason)
			}
		})
	}
}

func TestTooManyFiles(t *testing.T) {
	var members []member
	for i := range 20 {
		members = append(members, member{fmt.Sprintf("%02d.gpx", i), []byte(run)})
	}
	results := walkBytes(t, "up.zip", pack(t, members...), Options{Limits: Limits{Entries: 10}})
	// The archive itself is a file, too.
	if len(results) != 10 || results[8].Status != StatusOK || results[9].Status != StatusFailed || !strings.Contains(results[9].Reason, "more than 10 files") {
		t.Errorf("got %q", brief(results))
	}
	t.Run("by a directory that lies about its length", func(t *testing.T) {
		whole := pack(t, members...)
		end := bytes.LastIndex(whole, []byte("PK\x05\x06"))
		binary.LittleEndian.PutUint16(whole[end+10:], 1)
		results := walkBytes(t, "up.zip", whole, Options{Limits: Limits{Entries: 2}})
		if len(results) != 1 || results[0].Status != StatusFailed {
			t.Errorf("got %q", brief(results))
		}
	})
}

// An archive inside an archive that is too large for memory goes through a temporary file.
func TestLargeArchiveInsideAnArchive(t *testing.T) {
	noise := make([]byte, memoryArchive+1)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // does not compress
	inner := store(t, member{"noise.bin", noise}, member{"run.gpx", []byte(run)})
	dir := t.TempDir()
	results := walkBytes(t, "up.zip", store(t, member{"inner.zip", inner}), Options{TempDir: dir})
	want := []string{"inner.zip/noise.bin skipped: no activity: neither FIT nor GPX nor TCX", "inner.zip/run.gpx ok"}
	if got := brief(results); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the temporary file stays: %v %v", left, err)
	}
}
