package staff

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/portal/db"
)

// FuzzAuditFilter: what is taken can be asked for again with the links of its page, and is text.
func FuzzAuditFilter(f *testing.F) {
	for _, seed := range []string{"who=ana&from=2026-10-01&to=2026-10-01", "to=0000-01-01", "action=%ff", "where=server&target=%00", "from=9999-12-31&to=9999-12-31"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		filter, err := auditFilterOf(q)
		if err != nil {
			return
		}
		again, err := auditFilterOf(filter.values())
		if err != nil || again != filter {
			t.Errorf("%q is %+v, and its links %+v: %v", query, filter, again, err)
		}
		for _, text := range []string{filter.Who, filter.Action, filter.Target, filter.Where} {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > maxFilter {
				t.Errorf("%q has %q", query, text)
			}
		}
		if filter.From == filter.To && filter.From != "" && filter.to.Sub(filter.from) != 24*time.Hour {
			t.Errorf("%q is from %v to %v", query, filter.from, filter.to)
		}
	})
}

// FuzzPending: whatever a session remembers, it leads to a page of this site.
func FuzzPending(f *testing.F) {
	for _, seed := range []string{`{"next":"/admin/team"}`, `{"next":"//evil.example"}`, `{"next":"/\\evil.example"}`, `{"next":5}`, `nothing`, `{"next":"/\t/evil.example"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		next := pendingOf(db.Session{Data: data}).Next
		if !strings.HasPrefix(next, "/") || len(next) > 1 && (next[1] == '/' || next[1] == '\\') || strings.ContainsAny(next, "\t\r\n") {
			t.Errorf("%q leads to %q", data, next)
		}
	})
}

// FuzzRecoveryHash: spaces, hyphens and capitals change nothing, and each account has its own.
func FuzzRecoveryHash(f *testing.F) {
	f.Add("abcd-efgh-ijkl-mnop")
	f.Fuzz(func(t *testing.T, code string) {
		if recoveryHash("a", code) != recoveryHash("a", " "+code+"-") || recoveryHash("a", code) == recoveryHash("b", code) {
			t.Errorf("%q", code)
		}
	})
}
