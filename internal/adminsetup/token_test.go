package adminsetup

import (
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 123456789, time.FixedZone("CET", 3600))

// A token's times are whole seconds of UTC, whatever the clock and its zone are: the JWT can hold no others.
func TestNewTokenByAnyClock(t *testing.T) {
	for name, now := range map[string]time.Time{
		"now": noon, "a year ahead": noon.AddDate(1, 0, 0), "set back": time.Unix(0, 999), "leap day": time.Date(2028, 2, 29, 23, 59, 59, 1, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			req := tokenRequest{service: " console ", permissions: "list_keys, revoke_keys,list_keys", days: 365}
			row, err := req.row(true, now)
			if err != nil || row.Service != "console" || len(row.Permissions) != 2 || !strings.HasPrefix(string(row.ID), "admin_token_") {
				t.Fatalf("row = %+v, %v", row, err)
			}
			if row.Created != now.UTC().Truncate(time.Second) || row.Expires != row.Created.AddDate(0, 0, 365) {
				t.Errorf("made at %v: created %v, expires %v", now, row.Created, row.Expires)
			}
		})
	}
}

func TestNewTokenRefuses(t *testing.T) {
	good := tokenRequest{service: "console", permissions: "list_keys", days: 1}
	for name, tt := range map[string]struct {
		change func(*tokenRequest)
		want   string
	}{
		"no service":          {func(r *tokenRequest) { r.service = "  " }, "--service is required"},
		"a service too long":  {func(r *tokenRequest) { r.service = strings.Repeat("a", maxService+1) }, "--service must be one line of at most 100 bytes"},
		"two lines":           {func(r *tokenRequest) { r.description = "a\nb" }, "--description must be one line"},
		"too long":            {func(r *tokenRequest) { r.description = strings.Repeat("a", maxDescription+1) }, "at most 1000 bytes"},
		"days before today":   {func(r *tokenRequest) { r.days = -1 }, "between 0, for never, and 3650"},
		"too many days":       {func(r *tokenRequest) { r.days = maxDays + 1 }, "between 0, for never, and 3650"},
		"unknown permission":  {func(r *tokenRequest) { r.permissions = "list_keys,fly" }, `unknown permission "fly"`},
		"both of permissions": {func(r *tokenRequest) { r.superAdmin = true }, "leave --permissions out"},
	} {
		t.Run(name, func(t *testing.T) {
			req := good
			tt.change(&req)
			if _, err := req.row(true, noon); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("row = %v, want %q", err, tt.want)
			}
		})
	}
	edge := tokenRequest{service: strings.Repeat("a", maxService), description: strings.Repeat("b", maxDescription), permissions: "list_keys", days: maxDays}
	if _, err := edge.row(true, noon); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

// A successor lives as long as its predecessor was meant to, from the moment it is made, unless it is told otherwise.
func TestSuccessor(t *testing.T) {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	old := pierre.AdminToken{
		ID: "admin_token_old", Service: "console", Permissions: []pierre.Permission{pierre.PermListKeys}, Unknown: []string{"fly"},
		Created: created, Expires: created.AddDate(0, 0, 90), LastUsed: created,
	}
	forever := old
	forever.Expires = time.Time{}
	now := created.AddDate(0, 0, 30).Add(time.Millisecond)
	made := created.AddDate(0, 0, 30)
	for name, tt := range map[string]struct {
		old  pierre.AdminToken
		days *int
		want time.Time
	}{
		"as long":             {old, nil, made.AddDate(0, 0, 90)},
		"shorter":             {old, new(7), made.AddDate(0, 0, 7)},
		"for ever":            {old, new(0), time.Time{}},
		"as long as for ever": {forever, nil, time.Time{}},
		"no longer for ever":  {forever, new(7), made.AddDate(0, 0, 7)},
	} {
		t.Run(name, func(t *testing.T) {
			next, err := successor(tt.old, now, tt.days)
			if err != nil || next.Created != made || next.Expires != tt.want || !next.LastUsed.IsZero() || next.ID == tt.old.ID ||
				next.Service != "console" || len(next.Permissions) != 1 || len(next.Unknown) != 1 {
				t.Errorf("successor = %+v, %v; want one until %v", next, err, tt.want)
			}
		})
	}
	if _, err := successor(old, now, new(-1)); err == nil {
		t.Error("a successor with a negative life was made")
	}
	old.Revoked = now.AddDate(1, 0, 0) // by a clock that is ahead
	if _, err := successor(old, now, nil); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("a successor of a revoked token: %v, want a conflict", err)
	}
}

func TestStatus(t *testing.T) {
	at := noon.UTC()
	for name, tt := range map[string]struct {
		row  pierre.AdminToken
		want string
	}{
		"for ever":                 {pierre.AdminToken{}, "active"},
		"until later":              {pierre.AdminToken{Expires: at.Add(time.Nanosecond)}, "active"},
		"until now":                {pierre.AdminToken{Expires: at}, "expired"},
		"revoked":                  {pierre.AdminToken{Revoked: at}, "revoked"},
		"revoked by a clock ahead": {pierre.AdminToken{Revoked: at.AddDate(0, 0, 1)}, "revoked"},
		"revoked and expired":      {pierre.AdminToken{Revoked: at, Expires: at}, "revoked"},
	} {
		if got := viewOf(tt.row, at).Status; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestTokenID(t *testing.T) {
	for text, ok := range map[string]bool{
		"admin_token_r4fd": true, "admin_token_" + strings.Repeat("a", 52): true,
		"admin_token_" + strings.Repeat("a", 53): false, "": false, "r4fd": false, "eyJhbGciOiJIUzI1NiJ9.e30.x": false,
		"admin_token_R4": false, "admin_token_a b": false, "admin_token_…": false,
	} {
		id, err := tokenID(text)
		if (err == nil) != ok || ok && string(id) != text || err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("tokenID(%q) = %q, %v; want ok %v", text, id, err, ok)
		}
	}
}
