package watch

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// missingOf is what is missing of a file of that name and content.
func missingOf(t *testing.T, name string, content []byte) string {
	t.Helper()
	missing, err := endOf(bytes.NewReader(content), sha256.New(), name)
	if err != nil {
		t.Fatal(err)
	}
	return missing
}

// fitFile is a FIT file with so many bytes of data, which say nothing.
func fitFile(size int) []byte {
	b := append([]byte{fitHeader, 0x20, 0, 0}, binary.LittleEndian.AppendUint32(nil, uint32(size))...)
	b = append(b, ".FIT"...)
	b = append(b, bytes.Repeat([]byte{7}, size)...)
	return binary.LittleEndian.AppendUint16(b, crc16(0, b))
}

func packed(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// inUTF16 is a text as some programs of Windows write it.
func inUTF16(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// Every file that is cut off is not whole, wherever the cut is.
func TestEveryCutIsSeen(t *testing.T) {
	const zipFile = "PK\x03\x04 something PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00abc"
	for name, content := range map[string][]byte{
		"a.fit": fitFile(40), "a.fit.gz": packed(t, fitFile(40)), "A.GPX": []byte("<gpx><trk></trk></gpx>"), "n.gpx": []byte(`<x:gpx xmlns:x="u"></x:gpx >`),
		"a.gpx.gz": packed(t, []byte("<gpx></gpx>")), "w.gpx": inUTF16("<gpx><trk></trk></gpx>"),
		"a.tcx": []byte("<TrainingCenterDatabase></TrainingCenterDatabase>"), "a.zip": []byte(zipFile),
	} {
		if missing := missingOf(t, name, content); missing != "" {
			t.Errorf("%s is whole, and yet: %s", name, missing)
		}
		for cut := range len(content) - 1 { // the last byte of UTF-16 is half a character
			if missingOf(t, name, content[:cut]) == "" {
				t.Errorf("%s is taken for whole when it ends at byte %d of %d", name, cut, len(content))
			}
		}
	}
}

func TestEndings(t *testing.T) {
	broken := fitFile(40)
	broken[20]++
	large := append(bytes.Repeat([]byte("x"), 100_000), "<gpx></gpx>\n"...)
	for name, tc := range map[string]struct {
		file    string
		content []byte
		says    string
	}{
		"a wrong checksum":      {"a.fit", broken, "checksum"},
		"a file behind another": {"a.fit", append(fitFile(3), fitFile(300)...), ""},
		"the second one cut":    {"a.fit", append(fitFile(3), fitFile(300)[:200]...), "too early"},
		"bytes behind it":       {"a.fit", append(fitFile(3), "junk"...), ""},
		"what is no FIT file":   {"a.fit", []byte("hello"), ""},
		"a recording that goes": {"a.fit", append([]byte{fitHeader, 0x20, 0, 0, 0, 0, 0, 0}, ".FIT...more"...), "header"},
		"long before its end":   {"a.gpx", large, ""},
		"bad compression":       {"a.fit.gz", []byte("not gzip at all, and longer than a header"), "damaged"},
		"empty":                 {"a.zip", nil, "empty"},
	} {
		if got := missingOf(t, tc.file, tc.content); (got == "") != (tc.says == "") || !strings.Contains(got, tc.says) {
			t.Errorf("%s: %q, want %q", name, got, tc.says)
		}
	}
}

// What devices and programs write is whole.
func TestRealRecordingsAreWhole(t *testing.T) {
	cut := 0
	err := filepath.WalkDir(recordings.Dir(t), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isRecording(d.Name()) {
			return err
		}
		_, missing, err := inspect(path)
		if missing != "" {
			cut++
			t.Logf("%s: %s", path, missing)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if cut != 2 { // one with a wrong checksum, one that is cut off
		t.Errorf("%d real recordings are taken for unfinished, want 2", cut)
	}
}

// FuzzEnding: how a content is cut into writes makes no difference to what is missing of it.
func FuzzEnding(f *testing.F) {
	f.Add("a.fit", fitFile(5), uint16(3))
	f.Add("a.fit", append(fitFile(5), fitFile(1)...), uint16(30))
	f.Add("a.gpx", []byte("<gpx></gpx>"), uint16(4))
	f.Add("a.zip", []byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), uint16(20))
	f.Fuzz(func(t *testing.T, name string, content []byte, at uint16) {
		whole, parts := endingOf(name), endingOf(name)
		i := min(int(at), len(content))
		for _, w := range []struct {
			to ending
			b  []byte
		}{{whole, content}, {parts, content[:i]}, {parts, content[i:]}} {
			if n, err := w.to.Write(w.b); n != len(w.b) || err != nil {
				t.Fatalf("wrote %d of %d bytes, %v", n, len(w.b), err)
			}
		}
		if a, b := whole.missing(), parts.missing(); a != b {
			t.Errorf("%q: %q in one write, %q in two", content, a, b)
		}
		if _, err := endOf(bytes.NewReader(content), sha256.New(), name); err != nil {
			t.Errorf("reading memory: %v", err)
		}
	})
}

func openTestLedger(t *testing.T, path, server string) *ledger {
	t.Helper()
	l, err := openLedger(path, server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.close() })
	return l
}

// The state file survives its program: what was cut off is forgotten, the rest is not, and another server begins anew.
func TestLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "state")
	now := time.Now().UTC()
	l := openTestLedger(t, path, "s")
	for _, name := range []string{"a", "b", "c"} {
		if err := l.add(entry{Path: name, Size: 1, Modified: now, Sum: "sum of " + name, Status: pierre.ImportImported, At: now}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, data[:len(data)-10], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	l = openTestLedger(t, path, "s")
	if !l.at("b", 1, now) {
		t.Error("b is forgotten")
	}
	if l.at("b", 2, now) {
		t.Error("another size is taken for the same file")
	}
	if _, ok := l.with("sum of c"); ok {
		t.Error("a line that was cut off counts")
	}
	if err := l.add(entry{Path: "d", Sum: "sum of d", Status: pierre.ImportFailed, At: now}); err != nil {
		t.Fatal(err)
	}
	if l = openTestLedger(t, path, "s"); len(l.byPath) != 3 || len(l.failures()) != 1 {
		t.Errorf("after a cut line, new ones are lost: %v", l.byPath)
	}
	if l = openTestLedger(t, path, "another"); len(l.byPath) != 0 {
		t.Errorf("another server knows %v", l.byPath)
	}
}

// The file stays as small as what it says, and the oldest entries go first.
func TestLedgerIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	l := openTestLedger(t, path, "s")
	for range 5000 {
		if err := l.add(entry{Path: "same", Sum: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 400_000 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	begin := time.Now()
	l.mu.Lock()
	for i := range maxEntries + maxEntries/10 {
		name := string(rune(0x4e00+i%1000)) + strings.Repeat("x", i/1000)
		l.put(entry{Path: name, Sum: name, At: begin.Add(time.Duration(i))})
	}
	l.mu.Unlock()
	if err := l.add(entry{Path: "newest", Sum: "newest", At: begin.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	_, old := l.with("same")
	_, newest := l.with("newest")
	if len(l.byPath) != maxEntries || old || !newest {
		t.Errorf("%d entries, the oldest: %t, the newest: %t", len(l.byPath), old, newest)
	}
}

// Nothing to do is nothing done until it is time to look whether the folder is there.
func TestIdleTreeSleeps(t *testing.T) {
	w := &watcher{opts: Options{}.withDefaults()}
	w.sender = newSender(w, nil)
	w.modified = make(chan struct{}, 1)
	w.ledger = openTestLedger(t, filepath.Join(t.TempDir(), "state"), "s")
	w.tell = func(Event) {}
	dir := t.TempDir()
	w.board = newBoard(w, []string{dir})
	tree := newTree(w, dir)
	defer tree.closeEvents()
	now := time.Now()
	tree.step(t.Context(), now)
	if wake := tree.wake(); wake.Before(now.Add(defaultRoot)) {
		t.Errorf("wakes after %v", wake.Sub(now))
	}
	if next := tree.nextScan.Sub(now); next < defaultSweep {
		t.Errorf("looks through all after %v", next)
	}
	<-w.modified
	tree.step(t.Context(), now.Add(defaultRoot))
	if len(w.modified) > 0 {
		t.Error("an idle tree says news")
	}
	if !slept(now, now.Add(time.Hour), defaultRoot) || slept(now, now.Add(defaultRoot), defaultRoot) {
		t.Error("the machine's sleep is taken for waiting, or the other way round")
	}
}
