package exportfile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/exportfile"
)

// However many sources a line has, so many are decoded as a server can have.
func TestSourcesAreBounded(t *testing.T) {
	const most = exportfile.MaxSources
	for what, tt := range map[string]struct {
		sources string
		want    int // -1: an error
	}{
		"none":           {`[]`, 0},
		"null":           {`null`, 0},
		"at the limit":   {`[` + strings.Repeat(`{},`, most-1) + `{"name":"last"}]`, most},
		"over the limit": {`[` + strings.Repeat(`{},`, most-1) + `{"name":"last"}` + strings.Repeat(`,{}`, 300_000) + `]`, most},
		"no list":        {`{}`, -1},
		"no sources":     {`[1]`, -1},
	} {
		var a exportfile.Activity
		err := json.Unmarshal([]byte(`{"id":"act_1","sources":`+tt.sources+`,"name":"Run"}`), &a)
		if tt.want < 0 {
			if err == nil {
				t.Errorf("%s: %d sources and no error", what, len(a.Sources))
			}
			continue
		}
		if err != nil || len(a.Sources) != tt.want || cap(a.Sources) > 2*most || a.Name != "Run" || tt.want == most && a.Sources[most-1].Name != "last" {
			t.Errorf("%s: %d sources, room for %d, name %q, %v", what, len(a.Sources), cap(a.Sources), a.Name, err)
		}
	}
}
