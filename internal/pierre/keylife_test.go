package pierre_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestKeyStatus(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Microsecond), now.Add(time.Microsecond)
	for name, tc := range map[string]struct {
		key  pierre.APIKey
		want pierre.KeyStatus
	}{
		"for ever":                 {pierre.APIKey{}, pierre.KeyActive},
		"expires later":            {pierre.APIKey{Expires: after}, pierre.KeyActive},
		"expires now":              {pierre.APIKey{Expires: now}, pierre.KeyExpired},
		"expired":                  {pierre.APIKey{Expires: before}, pierre.KeyExpired},
		"revoked by a clock ahead": {pierre.APIKey{Revoked: after}, pierre.KeyRevoked},
		"revoked now":              {pierre.APIKey{Revoked: now}, pierre.KeyRevoked},
		"revoked and expired":      {pierre.APIKey{Revoked: before, Expires: before}, pierre.KeyRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.key.Status(now); got != tc.want {
				t.Errorf("Status = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestReplaceKey(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		key   pierre.APIKey
		grace time.Duration
		want  pierre.APIKey // the zero key: a conflict
	}{
		"at once":          {pierre.APIKey{}, 0, pierre.APIKey{Revoked: now, ReplacedBy: "key_b"}},
		"with grace":       {pierre.APIKey{}, time.Hour, pierre.APIKey{Expires: now.Add(time.Hour), ReplacedBy: "key_b"}},
		"grace before end": {pierre.APIKey{Expires: now.Add(2 * time.Hour)}, time.Hour, pierre.APIKey{Expires: now.Add(time.Hour), ReplacedBy: "key_b"}},
		"grace beyond end": {pierre.APIKey{Expires: now.Add(time.Minute)}, time.Hour, pierre.APIKey{Expires: now.Add(time.Minute), ReplacedBy: "key_b"}},
		"expired":          {pierre.APIKey{Expires: now}, time.Hour, pierre.APIKey{}},
		"revoked":          {pierre.APIKey{Revoked: now}, time.Hour, pierre.APIKey{}},
		"replaced already": {pierre.APIKey{Expires: now.Add(time.Hour), ReplacedBy: "key_c"}, 0, pierre.APIKey{}},
	} {
		t.Run(name, func(t *testing.T) {
			k := tc.key
			err := k.Replace("key_b", tc.grace, now)
			if tc.want.ReplacedBy == "" {
				if pierre.KindOf(err) != pierre.KindConflict || k.ReplacedBy != tc.key.ReplacedBy {
					t.Errorf("Replace = %v, and the key is %+v; want a conflict and no change", err, k)
				}
				return
			}
			if err != nil || !k.Expires.Equal(tc.want.Expires) || !k.Revoked.Equal(tc.want.Revoked) || k.ReplacedBy != tc.want.ReplacedBy {
				t.Errorf("Replace = %v, %+v; want %+v", err, k, tc.want)
			}
		})
	}
}
