package importclient_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sendBounded uploads a file to a server of h, of whose answer at most so many bytes are read.
func sendBounded(t *testing.T, h http.HandlerFunc, most int64) (pierre.ImportReport, error) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.zip")
	write(t, path, "x")
	opts := importclient.Options{MaxAnswer: most, RetryWait: time.Millisecond}
	return importclient.NewClient(u, srv.Client(), opts).Send(t.Context(), []importclient.Item{{Path: path, Name: "x.zip", Size: 1}}, &watcher{})
}

// An answer may have as many bytes as the bound says, and not one more; it is not asked for again.
func TestBoundOfAnAnswer(t *testing.T) {
	answer := `{"files":[{"file":"` + strings.Repeat("a", 5000) + `.gpx","status":"imported"}],"summary":{"files":1,"imported":1}}`
	attempts := 0
	h := func(w http.ResponseWriter, r *http.Request) {
		attempts++
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, answer+"\n")
	}
	size := int64(len(answer))
	if report, err := sendBounded(t, h, size); err != nil || report.Summary.Imported != 1 {
		t.Errorf("at the bound: %+v, %v", report.Summary, err)
	}
	attempts = 0
	report, err := sendBounded(t, h, size-1)
	if report.Summary.Imported != 0 || attempts != 1 || err == nil || err.Error() != "the server's report is larger than 5.1 kB" {
		t.Errorf("one byte over it: %+v, %v, after %d attempts", report, err, attempts)
	}
}

// A server that never comes to its report is not listened to for ever.
func TestEndlessAnswers(t *testing.T) {
	for name, line := range map[string]string{
		"progress":  `{"type":"progress","files_done":1,"files_total":2}` + "\n",
		"news":      `{"type":"news"}` + "\n",
		"blanks":    strings.Repeat(" ", 100),
		"one value": `[[[[[[[[`,
	} {
		stopped := make(chan struct{}, 10)
		report, err := sendBounded(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			for {
				if _, err := io.WriteString(w, line); err != nil {
					stopped <- struct{}{}
					return
				}
			}
		}, 1<<20)
		if err == nil || !strings.Contains(err.Error(), "report") || report.Summary.Imported != 0 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		<-stopped // the connection was closed
	}
}
