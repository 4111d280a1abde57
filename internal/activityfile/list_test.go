package activityfile

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// packEmpty returns an archive of so many empty files.
func packEmpty(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range n {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("folder/%06d.jpg", i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A readCounter counts what is read of an upload.
type readCounter struct {
	*bytes.Reader

	n atomic.Int64
}

func (c *readCounter) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// Uploads of many files keep their lists in memory one after the other, however many are read at once.
func TestLongListsAreReadInTurns(t *testing.T) {
	const files, walks = 60_000, 4
	content := packEmpty(t, files)
	before := heap()
	var yielding, most atomic.Int64
	counts := make([]*readCounter, walks)
	resume, yields := make(chan struct{}), make(chan struct{}, walks)
	long := make(chan struct{}, 1)
	var wg sync.WaitGroup
	for i := range counts {
		c := &readCounter{Reader: bytes.NewReader(content)}
		counts[i] = c
		wg.Go(func() {
			n := 0
			err := Walk(t.Context(), NewSource("up.zip", c, int64(len(content))), Options{Long: long}, func(Result) error {
				if n++; n == 1 {
					most.Store(max(most.Load(), yielding.Add(1)))
					yields <- struct{}{}
					<-resume
				}
				if n == files {
					yielding.Add(-1)
				}
				return nil
			})
			if err != nil || n != files {
				t.Errorf("%d results, %v; want %d", n, err, files)
			}
		})
	}
	<-yields
	for _, c := range counts {
		for deadline := time.Now().Add(time.Minute); c.n.Load() <= longList; <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d bytes of a list were read", c.n.Load())
			}
		}
	}
	if used := heap() - before; used > 1100*files {
		t.Errorf("four lists of %d files take %d MB, want no more than one and the beginnings of three", files, used>>20)
	}
	close(resume)
	wg.Wait()
	if n := most.Load(); n != 1 || len(long) != 0 {
		t.Errorf("%d uploads had their lists at once, and %d places are taken afterwards", n, len(long))
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// An upload whose client is gone waits for no turn.
func TestAListThatNobodyWaitsFor(t *testing.T) {
	content := packEmpty(t, 30_000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	long := make(chan struct{}, 1)
	long <- struct{}{}
	if err := Walk(ctx, NewSource("up.zip", bytes.NewReader(content), int64(len(content))), Options{Long: long}, nil); err == nil {
		t.Error("the walk went on")
	}
}

// A list of far more files than may be read is not kept, wherever its lines are cut when they are read.
func TestFarTooManyFiles(t *testing.T) {
	content := packEmpty(t, 2*1000+twice+2000)
	results := walkBytes(t, "up.zip", content, Options{Limits: Limits{Entries: 1000}})
	if len(results) != 1 || results[0].Status != StatusFailed || !strings.Contains(results[0].Reason, "more than 1000 files") {
		t.Errorf("got %d results, %q", len(results), brief(results[:1]))
	}
	for size := 1; size < 12; size++ {
		l := &listReader{}
		for rest := []byte("PK\x01\x02PK\x01\x02..PK\x01PK\x01\x02"); len(rest) > 0; {
			n := min(size, len(rest))
			l.count(rest[:n])
			rest = rest[n:]
		}
		if l.heads != 3 {
			t.Errorf("read by %d bytes there are %d heads, want 3", size, l.heads)
		}
	}
}
