package bridge

import (
	"bufio"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// A host that reads slowly slows the bridge down; it does not make it hoard. Every
// line arrives whole.
func TestOutputWaitsForTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		o := newOutput(w, newMessageLog("", Options{}))
		const lines, size = 64, 100 << 10
		var wg sync.WaitGroup
		for i := range lines {
			wg.Go(func() { o.write([]byte(strings.Repeat(string(rune('A'+i%26)), size))) })
		}
		synctest.Wait() // until everybody waits for the host
		o.mu.Lock()
		if n := len(o.queue); n > mostQueued+2*size {
			t.Errorf("%d bytes queued", n)
		}
		o.mu.Unlock()
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, 2*size)
		for range lines {
			if !sc.Scan() {
				t.Fatal(sc.Err())
			}
			if line := sc.Text(); line != strings.Repeat(line[:1], size) {
				t.Errorf("a line of %d bytes is torn", len(line))
			}
		}
		wg.Wait()
	})
}

// Progress that waited for room while its request was answered is late.
func TestOutputDropsLateProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		o := newOutput(w, newMessageLog("", Options{}))
		o.expect("7")
		var wg sync.WaitGroup
		for range 2 { // one is being written, one fills the queue
			wg.Go(func() { o.write([]byte(strings.Repeat("x", 2*mostQueued))) })
		}
		synctest.Wait()
		for range 20 {
			wg.Go(func() { o.progress([]byte("progress"), "7") })
		}
		wg.Go(func() { o.answer([]byte("answer"), "7", false) })
		done := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(r)
			done <- all
		}()
		wg.Wait()
		<-o.flushed()
		w.Close()
		if _, late, _ := strings.Cut(string(<-done), "answer"); strings.Contains(late, "progress") {
			t.Errorf("after the answer: %q", late)
		}
	})
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{`{"a":"\n"}`: `{"a":"\n"}`, "{\r\n\t\"a\":\n1}": "{  \t\"a\": 1}", "": ""} {
		if got := string(oneLine([]byte(in))); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}
