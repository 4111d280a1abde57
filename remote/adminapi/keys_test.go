package adminapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestListKeys(t *testing.T) {
	d := open(t)
	var want []string
	for range 5 {
		k := d.provision(`{"user_email":"ana+runs@club.test","tier":"starter","expires_in_days":30}`)
		want = append([]string{k.ID}, want...) // newest first
		d.pass(time.Second)
	}
	d.provision(`{"user_email":"bob@club.test","tier":"starter"}`)
	if a := d.do("DELETE", "/admin/api-keys/"+want[1], ""); a.status != http.StatusOK {
		t.Fatalf("revoking answered %d %s", a.status, a.body)
	}
	ids := func(query string) []string {
		var got []string
		for next := ""; ; {
			page := d.list(query + next)
			for _, k := range page.APIKeys {
				got = append(got, string(k.APIKeyID))
			}
			if page.NextCursor == nil {
				return got
			}
			next = "&cursor=" + url.QueryEscape(*page.NextCursor)
		}
	}
	for query, want := range map[string][]string{
		"?user_email=ana%2Bruns@club.test":                          want,
		"?user_email=ana+runs@club.test":                            want, // as people type it
		"?user_email=ANA%2Bruns@CLUB.test&limit=2":                  want,
		"?user_email=ana%2Bruns@club.test&limit=1&active_only=true": {want[0], want[2], want[3], want[4]},
		"?user_email=ana%2Bruns@club.test&active_only=false":        want,
		"?user_email=eve@club.test":                                 nil,
		"?search=+RUNS&status=active&limit=2":                       {want[0], want[2], want[3], want[4]},
		"?search=runs&sort=-created":                                want,
		"?search=runs&sort=created&limit=2":                         {want[4], want[3], want[2], want[1], want[0]},
		"?search=runs&status=revoked&tier=starter&sort=use":         {want[1]},
		"?search=runs&tier=trial":                                   nil,
	} {
		if got := ids(query); !reflect.DeepEqual(got, want) {
			t.Errorf("%s lists %v\nwant %v", query, got, want)
		}
	}
	if got := ids("?limit=4"); len(got) != 6 {
		t.Errorf("%d keys of everybody, want 6", len(got))
	}
	d.pass(30 * 24 * time.Hour)
	if got := ids("?active_only=true"); len(got) != 1 {
		t.Errorf("%d active keys after a month, want Bob's alone", len(got))
	}
}

func TestListRefuses(t *testing.T) {
	d := open(t)
	for _, tt := range []struct{ query, field, want string }{
		{"?user_email=ana", "user_email", "one plain e-mail address"},
		{"?user_email=", "user_email", "one plain e-mail address"},
		{"?email=ana@club.test", "email", "there are user_email, user, search, tier, status, sort, active_only, limit, cursor"}, // would list everybody's
		{"?active_only=yes", "active_only", "true or false"},
		{"?search=" + strings.Repeat("a", 255), "search", "at most 254"},
		{"?tier=" + strings.Repeat("a", 65), "tier", "at most 64"},
		{"?status=gone", "status", "active, expired or revoked"},
		{"?sort=-", "sort", "with - before it"},
		{"?sort=calls", "sort", "with - before it"},
		{"?limit=0", "limit", "between 1 and 200"},
		{"?limit=201", "limit", "between 1 and 200"},
		{"?limit=many", "limit", "between 1 and 200"},
		{"?limit=1&limit=2", "limit", "once only"},
		{"?cursor=x", "cursor", "start again without"},
		{"?cursor=%zz", "", "query string"},
	} {
		d.problem(d.do("GET", "/admin/api-keys"+tt.query, ""), http.StatusUnprocessableEntity, tt.field, tt.want)
	}
}

func TestRevokedKeyIsRefusedAtOnce(t *testing.T) {
	d := open(t)
	k, other := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`), d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.admits(k) // and is cached
	d.admits(other)
	d.pass(time.Second)
	first := d.do("DELETE", "/admin/api-keys/"+k.ID, "")
	if want := fmt.Sprintf(`{"success":true,"api_key_id":%q,"revoked_at":"2026-03-10T12:00:01Z"}`+"\n", k.ID); first.status != http.StatusOK || first.body != want {
		t.Errorf("answer %d %s, want %s", first.status, first.body, want)
	}
	d.refuses(k, "revoked")
	d.admits(other)
	d.pass(time.Hour)
	if again := d.do("DELETE", "/admin/api-keys/"+k.ID, ""); again.status != first.status || again.body != first.body {
		t.Errorf("revoking again answered %d %s, want the same as before", again.status, again.body)
	}
	if s := d.show(k.ID); s.Status != "revoked" || s.RevokedAt == nil {
		t.Errorf("the key is shown as %+v", s)
	}
}

func TestRotateWithGrace(t *testing.T) {
	d := open(t)
	old := d.provision(`{"user_email":"ana@club.test","tier":"starter","name":"laptop","expires_in_days":30,
		"rate_limit_requests":9,"rate_limit_period":"hour","allowed_tools":["get_*"]}`)
	d.admits(old)
	a := d.do("POST", "/admin/api-keys/"+old.ID+"/rotate", `{"grace_seconds":60}`)
	next := d.key(a)
	replaces := decode[struct {
		Replaces struct {
			ID    string    `json:"api_key_id"`
			Until time.Time `json:"valid_until"`
		}
	}](t, a).Replaces
	if replaces.ID != old.ID || !replaces.Until.Equal(start.Add(time.Minute)) {
		t.Errorf("replaces %+v, want %s until a minute from now", replaces, old.ID)
	}
	if next.APIKey == old.APIKey || next.ID == old.ID || next.UserID != old.UserID || !reflect.DeepEqual(next.ExpiresAt, old.ExpiresAt) {
		t.Errorf("the new key %+v, want a new one like %+v", next, old)
	}
	p, err := d.verify(next)
	if err != nil || p.Limits.Quota != (pierre.Limit{Requests: 9, Period: pierre.PeriodHour}) || !reflect.DeepEqual(p.Tools, []string{"get_*"}) {
		t.Errorf("the new key verifies as %+v, %v", p, err)
	}
	d.pass(time.Minute - time.Second)
	d.admits(old)
	d.pass(time.Second)
	d.refuses(old, "replaced by a newer one")
	d.admits(next)
	if s := d.show(old.ID); s.Status != "expired" || s.ReplacedBy == nil || string(*s.ReplacedBy) != next.ID {
		t.Errorf("the old key is shown as %+v", s)
	}
	d.pass(30 * 24 * time.Hour)
	d.refuses(next, "expired") // as the old one would have
}

func TestRotateAtOnce(t *testing.T) {
	d := open(t)
	old := d.provision(`{"user_email":"ana@club.test","tier":"trial"}`)
	d.admits(old)
	next := d.key(d.do("POST", "/admin/api-keys/"+old.ID+"/rotate", `{"grace_seconds":0}`))
	d.refuses(old, "revoked")
	d.admits(next)
	if next.Prefix[:9] != "pk_trial_" {
		t.Errorf("a trial key was rotated to %s…", next.Prefix)
	}
}

// The grace never prolongs a key.
func TestGraceEndsWithTheKey(t *testing.T) {
	d := open(t)
	old := d.provision(`{"user_email":"ana@club.test","tier":"starter","expires_in_days":1}`)
	d.key(d.do("POST", "/admin/api-keys/"+old.ID+"/rotate", `{"grace_seconds":172800}`))
	d.pass(24 * time.Hour)
	d.refuses(old, "replaced")
}

func TestRotateRefuses(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter","expires_in_days":1}`)
	path := "/admin/api-keys/" + k.ID + "/rotate"
	for _, body := range []string{`{}`, `{"grace_seconds":-1}`, `{"grace_seconds":2592001}`} {
		d.problem(d.do("POST", path, body), http.StatusUnprocessableEntity, "grace_seconds", "from 0 (it ends at once) to 2592000")
	}
	d.problem(d.do("POST", path, `{"grace_seconds":null}`), http.StatusUnprocessableEntity, "grace_seconds", "not null")
	d.problem(d.do("POST", path, ``), http.StatusBadRequest, "", "not valid JSON")
	next := d.key(d.do("POST", path, `{"grace_seconds":60}`))
	d.problem(d.do("POST", path, `{"grace_seconds":60}`), http.StatusConflict, "", next.ID)
	d.pass(24 * time.Hour)
	d.problem(d.do("POST", "/admin/api-keys/"+next.ID+"/rotate", `{"grace_seconds":60}`), http.StatusConflict, "", "expired")
	d.do("DELETE", "/admin/api-keys/"+next.ID, "")
	d.problem(d.do("POST", "/admin/api-keys/"+next.ID+"/rotate", `{"grace_seconds":60}`), http.StatusConflict, "", "revoked")
}
