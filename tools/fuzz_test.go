//go:build !race

package tools_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Whatever a client sends, the tools answer it: by their schemas, or by saying what is wrong with it.
func FuzzCalls(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"activity_id":"act_1"}`, `{"limit":1e308,"cursor":"eyJhIjoxfQ"}`, `{"after":"2026-02-30","before":"0000-01-01T00:00:00Z"}`,
		`{"days_back":36500,"offset":999999}`, `{"target_sport":"run","target_distance":400,"target_date":"9999-12-31"}`,
		`{"activity_id":"x","series":{"channels":["position"],"max_points":10,"from_seconds":-0.0}}`,
		`{"ftp_watts":50,"weight_kg":300,"time_zone":"UTC","clear":["sex"]}`, `{"metrics":["trimp"],"activity_id":"\u0000"}`,
	} {
		for i := range 11 {
			f.Add(i, seed)
		}
	}
	s := storetest.New(f)
	u, err := s.EnsureUser(f.Context(), "ana@example.com", now())
	if err != nil {
		f.Fatal(err)
	}
	src := session{name: "Run", sport: "run", start: now().AddDate(0, 0, -1), seconds: 1500, step: 5, speed: always(3), heart: always(140), gps: true}
	importSession(f, s, u.ID, src)
	h := newHost(f, s, u.ID)
	list := h.list()
	f.Fuzz(func(t *testing.T, tool int, args string) {
		var decoded any
		if json.Unmarshal([]byte(args), &decoded) != nil {
			t.Skip() // no JSON, or a number beyond float64: the API refuses it
		}
		h := h
		h.t = t
		r := h.call(list[(tool%len(list)+len(list))%len(list)].Name, json.RawMessage(args))
		if r.IsError && strings.Contains(r.Text, "fault") {
			t.Errorf("%s is answered as if it were the server's fault", args)
		}
	})
}
