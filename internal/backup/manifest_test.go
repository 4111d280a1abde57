package backup

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzParseManifest(f *testing.F) {
	sum := strings.Repeat("0f", 32)
	f.Add([]byte(`{"format":1,"program":"p","version":"1","created_at":"2026-11-26T00:00:00Z","from":"sqlite","schema":1,"tables":[{"table":"a","rows":1,"sha256":"` + sum +
		`"}],"calls_in_journal":0,"secrets":"absent","entries":{"database.sqlite":{"bytes":1,"sha256":"` + sum + `"}}}`))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseManifest(again); err != nil {
			t.Errorf("a manifest that was accepted is refused when it is written again: %v\n%s", err, again)
		}
	})
}
