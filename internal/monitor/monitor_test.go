package monitor_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/monitor"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestMetricsAreForThisMachineOnly(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", monitor.New().LocalHandler(slog.New(slog.DiscardHandler)))
	for name, tc := range map[string]struct {
		peer, host string
		header     http.Header
		want       int
	}{
		"from here":                 {"127.0.0.1:4000", "127.0.0.1:8081", nil, http.StatusOK},
		"from here by name":         {"127.0.0.1:4000", "localhost:8081", nil, http.StatusOK},
		"from here, IPv6":           {"[::1]:4000", "[::1]:8081", nil, http.StatusOK},
		"from here, without a port": {"[::1]:4000", "[::1]", nil, http.StatusOK},
		"from elsewhere":            {"192.0.2.1:4000", "127.0.0.1:8081", nil, http.StatusNotFound},
		"proxy with header":         {"127.0.0.1:4000", "127.0.0.1:8081", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, http.StatusNotFound},
		"proxy with RFC 7239":       {"127.0.0.1:4000", "127.0.0.1:8081", http.Header{"Forwarded": {"for=192.0.2.1"}}, http.StatusNotFound},
		"proxy with other header":   {"127.0.0.1:4000", "127.0.0.1:8081", http.Header{"X-Real-Ip": {"192.0.2.1"}}, http.StatusNotFound},
		"proxy that keeps Host":     {"127.0.0.1:4000", "pierre.example.com", nil, http.StatusNotFound},
		"rebound domain":            {"127.0.0.1:4000", "evil.example:8081", nil, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
			r.RemoteAddr, r.Host = tc.peer, tc.host
			maps.Copy(r.Header, tc.header)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != tc.want {
				t.Errorf("status = %d, want %d", w.Code, tc.want)
			}
		})
	}
}

// A recorder notes which calls reach it.
type recorder struct{ kept, refused []string }

func (r *recorder) Record(_ context.Context, _ limit.Reservation, c pierre.Call) error {
	r.kept = append(r.kept, c.Tool)
	return nil
}

func (r *recorder) Refuse(c pierre.Call) error {
	r.refused = append(r.refused, c.Tool)
	return nil
}

type imports struct{ sum pierre.ImportSummary }

func (i imports) Import(context.Context, pierre.UserID, *activityfile.Source, importer.Watch) (pierre.ImportSummary, error) {
	return i.sum, nil
}

func TestWhatIsMeasuredIsShown(t *testing.T) {
	m := monitor.New()
	next := &recorder{}
	calls := m.Calls(next, func(tool string) bool { return tool == "get_stats" })
	for _, tool := range []string{"get_stats", "made-up-1", "made-up-2"} {
		if err := calls.Record(t.Context(), limit.Reservation{}, pierre.Call{Tool: tool, Status: pierre.CallSucceeded, Duration: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		if err := calls.Refuse(pierre.Call{Tool: tool}); err != nil {
			t.Fatal(err)
		}
	}
	if len(next.kept) != 3 || len(next.refused) != 3 {
		t.Errorf("%v and %v were passed on", next.kept, next.refused)
	}
	sum := pierre.ImportSummary{Files: 3, Imported: 2, Failed: 1, Activities: 2}
	if got, err := m.Imports(imports{sum}).Import(t.Context(), "", nil, importer.Watch{}); err != nil || got != sum {
		t.Errorf("Import = %v, %v", got, err)
	}
	m.Sessions(func() (int, int) { return 7, 5 })
	m.Requests("mcp", http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{
		`pierre_tool_call_duration_seconds_count{status="succeeded",tool="get_stats"} 1`,
		`pierre_tool_call_duration_seconds_count{status="succeeded",tool="unknown"} 2`,
		`pierre_tool_calls_refused_total{tool="unknown"} 2`,
		`pierre_import_files_total{status="failed"} 1`, `pierre_import_activities_total 2`, `pierre_import_duration_seconds_count 1`,
		`pierre_mcp_sessions 7`, `pierre_mcp_streams 5`, `pierre_http_request_duration_seconds_count{code="200",route="mcp"} 1`, `go_goroutines`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "made-up") {
		t.Error("a name that a client made up became a label")
	}
}

// A failing store keeps no calls.
type batchStore struct{ err error }

func (s batchStore) RecordCalls(context.Context, []pierre.Call) error { return s.err }

func TestQueuesAreShown(t *testing.T) {
	m := monitor.New()
	m.Tasks(func() (int, int) { return 3, 4 })
	m.Journal(func() (int, int) { return 5, 6 })
	m.Queues("recorder", "database")
	m.Shed("database")
	m.Pools(func() map[string]sql.DBStats {
		return map[string]sql.DBStats{"read": {MaxOpenConnections: 8, InUse: 2, Idle: 1, WaitCount: 9, WaitDuration: 1500 * time.Millisecond}}
	})
	broken := errors.New("broken")
	for _, err := range []error{nil, broken} {
		if got := m.Batches(t.Context(), batchStore{err}, make([]pierre.Call, 3)); !errors.Is(got, err) {
			t.Errorf("Batches = %v, want %v", got, err)
		}
		job := m.Jobs(jobs.Job{Name: "tidy up", Do: func(context.Context) error { return err }})[0]
		if got := job.Do(t.Context()); !errors.Is(got, err) {
			t.Errorf("the job gave %v, want %v", got, err)
		}
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{
		"pierre_tasks_running 3", "pierre_tasks_waiting 4", "pierre_journal_calls 5", "pierre_journal_calls_set_aside 6",
		`pierre_calls_shed_total{queue="recorder"} 0`, `pierre_calls_shed_total{queue="database"} 1`,
		`pierre_db_connections{pool="read",state="in_use"} 2`, `pierre_db_connections_max{pool="read"} 8`,
		`pierre_db_connection_waits_total{pool="read"} 9`, `pierre_db_connection_wait_seconds_total{pool="read"} 1.5`,
		"pierre_record_batch_calls_sum 6", `pierre_record_batch_duration_seconds_count{result="failed"} 1`,
		`pierre_job_runs_total{result="failed",task="tidy up"} 1`, `pierre_job_runs_total{result="succeeded",task="tidy up"} 1`,
		`pierre_job_last_success_timestamp_seconds{task="tidy up"}`, `pierre_build_info{goversion="go`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
