package adminapi_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Each route with each permission alone: the right one is let in, all others are not.
func TestRoutesNeedTheirPermission(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	routes := []struct {
		method, path, body string
		permission         pierre.Permission // "": any
		status             int
	}{
		{"POST", "/admin/provision-api-key", `{"user_email":"ana@club.test","tier":"starter"}`, pierre.PermProvisionKeys, 201},
		{"GET", "/admin/api-keys", "", pierre.PermListKeys, 200},
		{"GET", "/admin/api-keys/" + k.ID, "", pierre.PermListKeys, 200},
		{"PATCH", "/admin/api-keys/" + k.ID, `{"name":"x"}`, pierre.PermUpdateKeyLimits, 200},
		{"GET", "/admin/api-keys/" + k.ID + "/usage", "", pierre.PermListKeys, 200},
		{"GET", "/admin/audit", "", pierre.PermViewAuditLogs, 200},
		{"GET", "/admin/token-info", "", "", 200},
		{"POST", "/admin/api-keys/" + k.ID + "/rotate", `{"grace_seconds":0}`, pierre.PermProvisionKeys, 201},
		{"DELETE", "/admin/api-keys/" + k.ID, "", pierre.PermRevokeKeys, 200},
	}
	for _, rt := range routes {
		t.Run(rt.method+" "+strings.ReplaceAll(rt.path, k.ID, "{id}"), func(t *testing.T) {
			others := slices.DeleteFunc(pierre.Permissions(), func(p pierre.Permission) bool { return p == rt.permission })
			without, with := d.token(others...), d.token(rt.permission)
			if rt.permission == "" {
				with = d.token(pierre.PermListKeys)
			} else {
				a := d.do(rt.method, rt.path, rt.body, "Authorization", "Bearer "+without)
				d.problem(a, http.StatusForbidden, "", "permission "+string(rt.permission))
			}
			d.problem(d.do(rt.method, rt.path, rt.body, "Authorization", ""), http.StatusUnauthorized, "", "Send an admin token")
			if a := d.do(rt.method, rt.path, rt.body, "Authorization", "Bearer "+with); a.status != rt.status {
				t.Errorf("with the permission: %d %s, want %d", a.status, a.body, rt.status)
			}
		})
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	row := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Created: start}
	unknown, err := access.SignAdminToken(d.ring.JWTSecret(), row)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ header, want string }{
		"the token alone":   {d.admin, "the word Bearer"},
		"another scheme":    {"Basic YTpi", "the word Bearer"},
		"no token":          {"Bearer ", "Send an admin token"},
		"an API key":        {"Bearer " + k.APIKey, "not a valid admin token"},
		"a changed token":   {"Bearer " + d.admin[:len(d.admin)-8] + "AAAAAAAA", "not"},
		"one without a row": {"Bearer " + unknown.Reveal(), "does not know"},
		"two tokens":        {"Bearer " + d.admin + " " + d.admin, "not a valid admin token"},
	} {
		t.Run(name, func(t *testing.T) {
			d.problem(d.do("GET", "/admin/token-info", "", "Authorization", tt.header), http.StatusUnauthorized, "", tt.want)
		})
	}
	if a := d.do("GET", "/admin/token-info", "", "Authorization", "bearer "+d.admin); a.status != http.StatusOK {
		t.Errorf("the scheme in lower case: %d %s; it does not count (RFC 9110)", a.status, a.body)
	}
	for name, headers := range map[string][]string{
		"two credentials":    {"Authorization", "Bearer " + d.admin, "X-API-Key", k.APIKey},
		"two in one header":  {"Authorization", "Bearer " + d.admin + ",Bearer x"},
		"a token and a rest": {"Authorization", "Bearer " + d.admin + ",x"},
	} {
		t.Run(name, func(t *testing.T) {
			d.problem(d.do("GET", "/admin/token-info", "", headers...), http.StatusBadRequest, "Authorization", "send one")
		})
	}
	if a := d.do("GET", "/admin/token-info?access_token="+d.admin, "", "Authorization", ""); a.status != http.StatusUnauthorized {
		t.Errorf("a token in the URL: %d %s, want 401", a.status, a.body)
	}
}

func TestUnknownKeysAndRoutes(t *testing.T) {
	d := open(t)
	d.problem(d.do("GET", "/admin/api-keys/key_none", ""), http.StatusNotFound, "", "key_none not found")
	d.problem(d.do("PATCH", "/admin/api-keys/key_none", `{"name":"x"}`), http.StatusNotFound, "", "key_none not found")
	d.problem(d.do("DELETE", "/admin/api-keys/key_none", ""), http.StatusNotFound, "", "key_none not found")
	d.problem(d.do("POST", "/admin/api-keys/key_none/rotate", `{"grace_seconds":0}`), http.StatusNotFound, "", "key_none not found")
	d.problem(d.do("GET", "/admin/api-keys/key_none/usage", ""), http.StatusNotFound, "", "key_none not found")
	d.problem(d.do("GET", "/admin/people", ""), http.StatusNotFound, "", "no such route")
	a := d.do("PUT", "/admin/people", "")
	d.problem(a, http.StatusNotFound, "", "no such route")
}

func TestOtherMethods(t *testing.T) {
	d := open(t)
	for path, want := range map[string]string{
		"/admin/provision-api-key": "POST",
		"/admin/api-keys/key_x":    "DELETE, GET, PATCH",
		"/admin/openapi.json":      "GET",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, d.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := d.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != want ||
			resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("PUT %s = %d, Allow %q; want 405, %q", path, resp.StatusCode, resp.Header.Get("Allow"), want)
		}
	}
}

// A newer version may have given the token a permission that this one does not know.
func TestTokenWithAnUnknownPermission(t *testing.T) {
	d := open(t)
	row := pierre.AdminToken{
		ID: pierre.NewAdminTokenID(), Service: "test", Created: start,
		Permissions: []pierre.Permission{pierre.PermListKeys}, Unknown: []string{"fly"},
	}
	token := "Bearer " + d.keep(row)
	if a := d.do("GET", "/admin/api-keys", "", "Authorization", token); a.status != http.StatusOK {
		t.Errorf("with the permission that it has: %d %s", a.status, a.body)
	}
	d.problem(d.do("GET", "/admin/audit", "", "Authorization", token), http.StatusForbidden, "", "view_audit_logs")
	if info := decode[struct{ Permissions []string }](t, d.do("GET", "/admin/token-info", "", "Authorization", token)); !slices.Equal(info.Permissions, []string{"list_keys"}) {
		t.Errorf("permissions %v, want list_keys", info.Permissions)
	}
}

// A broken database is an error without insides, not a refusal and not an empty list.
func TestBrokenDatabase(t *testing.T) {
	d := open(t)
	d.store.Close()
	for _, path := range []string{"/admin/api-keys", "/admin/audit", "/admin/token-info"} {
		a := d.do("GET", path, "")
		d.problem(a, http.StatusInternalServerError, "", "operator's log")
	}
	if !strings.Contains(d.log.String(), "database is closed") {
		t.Errorf("the log does not say what happened:\n%s", d.log)
	}
}

func TestTokenInfo(t *testing.T) {
	d := open(t)
	token := d.token(pierre.PermListKeys, pierre.PermRevokeKeys)
	for i, wantUsed := range []bool{false, true} {
		a := d.do("GET", "/admin/token-info", "", "Authorization", "Bearer "+token)
		info := decode[struct {
			Service     string
			Permissions []string
			CreatedAt   time.Time  `json:"created_at"`
			ExpiresAt   *time.Time `json:"expires_at"`
			LastUsedAt  *time.Time `json:"last_used_at"`
		}](t, a)
		if info.Service != "test" || !slices.Equal(info.Permissions, []string{"list_keys", "revoke_keys"}) ||
			!info.CreatedAt.Equal(start) || info.ExpiresAt != nil || (info.LastUsedAt != nil) != wantUsed {
			t.Errorf("request %d: %s", i+1, a.body)
		}
		d.pass(time.Second)
	}
}

func TestAuditLog(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter","name":"laptop"}`)
	d.do("PATCH", "/admin/api-keys/"+k.ID, `{"rate_limit_requests":5,"rate_limit_period":"day"}`)
	d.do("PATCH", "/admin/api-keys/"+k.ID, `{"tier":"gold"}`) // refused: no change, no entry
	next := d.key(d.do("POST", "/admin/api-keys/"+k.ID+"/rotate", `{"grace_seconds":0}`))
	d.do("DELETE", "/admin/api-keys/"+next.ID, "")
	type entries struct {
		Entries []struct {
			Actor, Action, Target string
			At                    time.Time
			Details               map[string]any
		}
		NextCursor *string `json:"next_cursor"`
	}
	var got []string
	for query := "?limit=2"; ; {
		a := d.do("GET", "/admin/audit"+query, "")
		for _, s := range d.secrets {
			if strings.Contains(a.body, s) {
				t.Errorf("the audit log shows %q: %s", s, a.body)
			}
		}
		page := decode[entries](t, a)
		for _, e := range page.Entries {
			got = append(got, e.Action+" "+e.Target)
			if !strings.HasPrefix(e.Actor, "admin") || !e.At.Equal(start) {
				t.Errorf("entry %+v, want an actor and the time", e)
			}
			if e.Action == "key.update" {
				before, after := e.Details["before"].(map[string]any), e.Details["after"].(map[string]any)
				if before["rate_limit"] != nil || !reflect.DeepEqual(after["rate_limit"], map[string]any{"requests": 5., "period": "day"}) {
					t.Errorf("the update's details are %v", e.Details)
				}
			}
		}
		if page.NextCursor == nil {
			break
		}
		query = "?limit=2&cursor=" + *page.NextCursor
	}
	want := []string{"key.revoke " + next.ID, "key.rotate " + k.ID, "key.update " + k.ID, "key.provision " + k.ID, "user.create " + k.UserID}
	if got = got[:len(got)-1]; !slices.Equal(got, want) { // the last is the admin token's
		t.Errorf("audit log %v\nwant      %v", got, want)
	}
}

// A key that is put in the place of its id is not found, and neither the answer nor the log repeats it.
func TestKeyInThePlaceOfItsID(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	for _, tt := range []struct{ method, path, body string }{
		{"GET", "", ""}, {"PATCH", "", `{"name":"x"}`}, {"DELETE", "", ""}, {"POST", "/rotate", `{"grace_seconds":0}`}, {"GET", "/usage", ""},
	} {
		for _, id := range []string{k.APIKey, "key_" + k.APIKey} {
			a := d.do(tt.method, "/admin/api-keys/"+id+tt.path, tt.body)
			d.problem(a, http.StatusNotFound, "", "Ids begin with key_")
			if strings.Contains(a.body, k.APIKey[8:]) {
				t.Errorf("%s %s repeats the key: %s", tt.method, tt.path, a.body)
			}
		}
	}
	d.admits(k)
}
