//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/recordings"
)

// TestRealRecordings takes every real recording the whole way: uploaded by
// mcp-client import, read back through mcp-client as a host does. Each has a
// user of its own, so that nothing is merged. The details of every column are
// compared in packages activityfile and tools; here it is the way that is tested.
func TestRealRecordings(t *testing.T) {
	expected, dir := recordings.Load(t), recordings.Dir(t)
	s := startServer(t)
	n := 0
	for name, want := range expected.Files {
		n++
		k := s.provision(fmt.Sprintf(`{"user_email":"athlete%d@example.com","tier":"starter"}`, n))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := append(os.Environ(), "PIERRE_AUTH_KEY="+k.APIKey)
			report := importFile(t, s, env, filepath.Join(dir, name))
			if len(report.Files) != 1 {
				t.Fatalf("the report has %d rows", len(report.Files))
			}
			usable := want.Status == "ok" || want.Status == "truncated"
			if row := report.Files[0]; usable != (row.Status == "imported") || !usable && row.Reason == "" || want.Status == "truncated" && len(row.Warnings) == 0 {
				t.Fatalf("a file that is %s was reported as %+v", want.Status, row)
			}
			got := readBack(t, s, env)
			if usable {
				checkActivities(t, got, want)
			} else if len(got) > 0 {
				t.Errorf("there are %d activities of a refused file", len(got))
			}
			if again := importFile(t, s, env, filepath.Join(dir, name)); usable && again.Files[0].Status != "duplicate" || len(readBack(t, s, env)) != len(got) {
				t.Errorf("importing again was reported as %+v, and there are %d activities", again.Files[0], len(readBack(t, s, env)))
			}
		})
	}
}

// A report is what mcp-client import --json prints.
type report struct {
	Files []struct {
		File, Status, Reason string
		Warnings             []string
	}
}

func importFile(t *testing.T, s *server, env []string, path string) report {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "mcp-client"), "import", "--json", "--url", s.url, path)
	cmd.Env = env
	var stderr buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("importing: %v\n%s", err, &stderr)
	}
	return decode[report](t, out)
}

// An activity is what the tools answer about one.
type activity struct {
	ID       string    `json:"id"`
	Start    time.Time `json:"start_time"`
	Distance *float64  `json:"distance_meters"`
	Duration *float64  `json:"duration_seconds"`
	HR       *float64  `json:"average_heart_rate_bpm"`
	Power    *float64  `json:"average_power_watts"`
	Series   *struct {
		Samples int `json:"samples"`
	} `json:"series_summary"`
}

// readBack asks for all activities and for the details of each, oldest first.
func readBack(t *testing.T, s *server, env []string) []activity {
	t.Helper()
	h := startHost(t, env, "mcp-client", "--url", s.url)
	h.initialize()
	defer h.end()
	list := structured[struct{ Activities []activity }](t, h.ask("1", "tools/call", `{"name":"get_activities","arguments":{"limit":200}}`))
	var all []activity
	for _, a := range list.Activities {
		detail := structured[activity](t, h.ask("2", "tools/call", fmt.Sprintf(`{"name":"get_activity","arguments":{"activity_id":%q}}`, a.ID)))
		if !same(detail.Distance, a.Distance) || !same(detail.Duration, a.Duration) || !detail.Start.Equal(a.Start) {
			t.Errorf("get_activities says %+v, get_activity %+v", a, detail)
		}
		all = append(all, detail)
	}
	slices.Reverse(all)
	return all
}

func structured[T any](t *testing.T, r response) T {
	t.Helper()
	if r.Error != nil {
		t.Fatalf("error %d: %s", r.Error.Code, r.Error.Message)
	}
	result := decode[struct {
		StructuredContent json.RawMessage
		IsError           bool
	}](t, r.Result)
	if result.IsError {
		t.Fatalf("the tool failed: %s", r.Result)
	}
	return decode[T](t, result.StructuredContent)
}

func same(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func checkActivities(t *testing.T, got []activity, want recordings.File) {
	t.Helper()
	samples := 0
	for _, a := range got {
		if a.Series != nil {
			samples += a.Series.Samples
		}
	}
	switch want.Format {
	case "fit":
		if len(want.Sessions) > 0 && len(got) != len(want.Sessions) {
			t.Fatalf("there are %d activities, want %d", len(got), len(want.Sessions))
		}
		for i, session := range want.Sessions {
			near(t, "distance", got[i].Distance, session.DistanceMeters, 0.01)
			near(t, "duration", got[i].Duration, session.TimerSeconds, 0.001)
			if session.AverageHR != nil {
				near(t, "heart rate", got[i].HR, *session.AverageHR, 0)
			}
		}
		if samples != want.Records.N {
			t.Errorf("there are %d samples, want %d", samples, want.Records.N)
		}
	case "tcx":
		near(t, "distance", got[0].Distance, want.Activities[0].LapDistance, 0.01)
		near(t, "duration", got[0].Duration, want.Activities[0].LapTime, 0.001)
	case "gpx":
		if samples != want.Totals.NTime {
			t.Errorf("there are %d samples, want %d", samples, want.Totals.NTime)
		}
	}
}

// near compares with what a device stored; it stores 0 where it has no sensor, and then nothing must be there.
func near(t *testing.T, what string, got *float64, want, tolerance float64) {
	t.Helper()
	switch {
	case want == 0 && got != nil:
		t.Errorf("%s is %v where nothing was recorded", what, *got)
	case want != 0 && (got == nil || math.Abs(*got-want) > tolerance):
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// TestDemo runs what make demo runs, on the sample athlete and on the real recordings.
func TestDemo(t *testing.T) {
	demo := filepath.Join(t.TempDir(), "demo")
	if out, err := exec.Command("go", "build", "-o", demo, "../../demo").CombinedOutput(); err != nil {
		t.Fatalf("building the demo: %v\n%s", err, out)
	}
	for name, args := range map[string][]string{
		"the sample athlete":  {"--bin", bin},
		"the real recordings": {"--bin", bin, "--data", recordings.Dir(t)},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), demo, args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			// The demo itself compares the server's count of calls with its own.
			for _, want := range []string{`2026-07-28`, `: [1-9]\d+ calls today, 0 failed;`, `claude_desktop_config\.json`} {
				if !regexp.MustCompile(want).Match(out) {
					t.Errorf("the demo did not print %s:\n%s", want, out)
				}
			}
			addr := regexp.MustCompile(`listening on http://(\S+)`).FindStringSubmatch(string(out))
			if conn, err := net.Dial("tcp", addr[1]); err == nil {
				conn.Close()
				t.Errorf("the demo left a server running on %s", addr[1])
			}
		})
	}
}
