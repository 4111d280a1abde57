package adminapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A matrixRow is a route with a request that succeeds for whoever has the permission.
type matrixRow struct {
	permission pierre.Permission // "": any token
	public     bool              // no token is asked for
	path       func(m *matrix) string
	body       string
	status     int
}

// A matrix is what the requests are about: Ana's things, which they may change, and Bob's, which they must not.
type matrix struct {
	*harness

	ana, bob key
	tokenID  string
	grantID  string
}

func (d *harness) matrix() *matrix {
	d.t.Helper()
	m := &matrix{harness: d}
	m.ana = d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	m.bob = d.provision(`{"user_email":"bob@club.test","tier":"enterprise","rate_limit_requests":5}`)
	made := decode[struct {
		Token struct {
			ID string `json:"token_id"`
		} `json:"token"`
	}](d.t, d.ok(d.do("POST", "/admin/tokens", `{"service":"x","permissions":["list_keys"]}`)))
	m.tokenID = made.Token.ID
	m.grantID = string(d.connect(m.ana, "a").ID)
	d.connect(m.bob, "b")
	return m
}

func fixed(path string) func(*matrix) string { return func(*matrix) string { return path } }

func ofKey(after string) func(*matrix) string {
	return func(m *matrix) string { return "/admin/api-keys/" + m.ana.ID + after }
}

func ofUser(m *matrix) string { return "/admin/users/" + m.ana.UserID }

// matrixRows has every route of the document.
func matrixRows() map[string]matrixRow {
	provision, list, revoke, update := pierre.PermProvisionKeys, pierre.PermListKeys, pierre.PermRevokeKeys, pierre.PermUpdateKeyLimits
	tokens, users := pierre.PermManageAdminTokens, pierre.PermManageUsers
	return map[string]matrixRow{
		"POST /admin/provision-api-key":              {permission: provision, path: fixed("/admin/provision-api-key"), body: `{"user_email":"eva@club.test","tier":"trial"}`, status: 201},
		"GET /admin/api-keys":                        {permission: list, path: fixed("/admin/api-keys"), status: 200},
		"GET /admin/api-keys/{id}":                   {permission: list, path: ofKey(""), status: 200},
		"PATCH /admin/api-keys/{id}":                 {permission: update, path: ofKey(""), body: `{"name":"x"}`, status: 200},
		"DELETE /admin/api-keys/{id}":                {permission: revoke, path: ofKey(""), status: 200},
		"POST /admin/api-keys/{id}/rotate":           {permission: provision, path: ofKey("/rotate"), body: `{"grace_seconds":0}`, status: 201},
		"GET /admin/api-keys/{id}/usage":             {permission: list, path: ofKey("/usage"), status: 200},
		"GET /admin/api-keys/{id}/grants":            {permission: list, path: ofKey("/grants"), status: 200},
		"DELETE /admin/api-keys/{id}/grants/{grant}": {permission: revoke, path: func(m *matrix) string { return ofKey("/grants/" + m.grantID)(m) }, status: 200},
		"GET /admin/tiers":                           {permission: list, path: fixed("/admin/tiers"), status: 200},
		"GET /admin/tiers/{name}":                    {permission: list, path: fixed("/admin/tiers/starter"), status: 200},
		"PUT /admin/tiers/{name}":                    {permission: update, path: fixed("/admin/tiers/starter"), body: `{"rate_limit_requests":1}`, status: 200},
		"DELETE /admin/tiers/{name}":                 {permission: update, path: fixed("/admin/tiers/trial"), status: 200},
		"GET /admin/events":                          {permission: list, path: fixed("/admin/events"), status: 503}, // past the guard: the harness has no live numbers
		"GET /admin/usage":                           {permission: list, path: fixed("/admin/usage"), status: 200},
		"GET /admin/users":                           {permission: users, path: fixed("/admin/users"), status: 200},
		"GET /admin/users/{id}":                      {permission: users, path: ofUser, status: 200},
		"PATCH /admin/users/{id}":                    {permission: users, path: ofUser, body: `{"tier":"professional","customer_limit":{"requests":3,"period":"day"}}`, status: 200},
		"DELETE /admin/users/{id}":                   {permission: users, path: ofUser, status: 200},
		"GET /admin/tokens":                          {permission: tokens, path: fixed("/admin/tokens"), status: 200},
		"POST /admin/tokens":                         {permission: tokens, path: fixed("/admin/tokens"), body: `{"service":"y","permissions":["manage_admin_tokens"]}`, status: 201},
		"DELETE /admin/tokens/{id}":                  {permission: tokens, path: func(m *matrix) string { return "/admin/tokens/" + m.tokenID }, status: 200},
		"POST /admin/tokens/{id}/rotate":             {permission: tokens, path: func(m *matrix) string { return "/admin/tokens/" + m.tokenID + "/rotate" }, status: 403}, // it lacks list_keys
		"GET /admin/audit":                           {permission: pierre.PermViewAuditLogs, path: fixed("/admin/audit"), status: 200},
		"GET /admin/token-info":                      {path: fixed("/admin/token-info"), status: 200},
		"GET /admin/openapi.json":                    {public: true, path: fixed("/admin/openapi.json"), status: 200},
	}
}

// Every route asks for a token, serves those that have its permission and no others, and leaves what is another person's
// alone.
func TestMatrixOfRoutesPermissionsAndTenants(t *testing.T) {
	rows := matrixRows()
	if got, want := slices.Sorted(maps.Keys(rows)), documentedRoutes(t); !slices.Equal(got, want) {
		t.Fatalf("the matrix has the routes\n%v\nand the document\n%v", got, want)
	}
	for name, row := range rows {
		t.Run(strings.NewReplacer(" ", "_", "/", ".").Replace(name), func(t *testing.T) {
			t.Parallel()
			method, _, _ := strings.Cut(name, " ")
			d := open(t)
			m := d.matrix()
			for caller, want := range map[string]int{"": http.StatusUnauthorized, "Bearer x.y.z": http.StatusUnauthorized, "Bearer " + m.ana.APIKey: http.StatusUnauthorized} {
				if row.public {
					want = row.status
				}
				if a := d.do(method, row.path(m), row.body, "Authorization", caller); a.status != want {
					t.Errorf("with %.12q: %d %s, want %d", caller, a.status, a.body, want)
				}
			}
			for _, p := range pierre.Permissions() {
				allowed := row.public || row.permission == "" || row.permission == p
				if allowed {
					continue // last, since it changes what the others ask for
				}
				if a := d.do(method, row.path(m), row.body, "Authorization", "Bearer "+d.token(p)); a.status != http.StatusForbidden {
					t.Errorf("with %s: %d %s, want 403", p, a.status, a.body)
				}
			}
			before := m.bystander()
			var have []pierre.Permission
			if row.permission != "" {
				have = append(have, row.permission)
			}
			if a := d.do(method, row.path(m), row.body, "Authorization", "Bearer "+d.token(have...)); a.status != row.status {
				t.Errorf("with %v: %d %s, want %d", have, a.status, a.body, row.status)
			}
			if after := m.bystander(); !reflect.DeepEqual(before, after) {
				t.Errorf("it changed what is Bob's: %+v, before %+v", after, before)
			}
		})
	}
}

// bystander returns all that is shown of Bob.
func (m *matrix) bystander() []any {
	m.t.Helper()
	user, err := m.api().User(m.t.Context(), pierre.UserID(m.bob.UserID))
	if err != nil {
		m.t.Fatal(err)
	}
	p, err := m.verify(m.bob)
	if err != nil {
		m.t.Fatal(err)
	}
	k := m.show(m.bob.ID)
	apps, err := m.api().Apps(m.t.Context(), pierre.KeyID(m.bob.ID))
	if err != nil {
		m.t.Fatal(err)
	}
	k.LastUsedAt, user.LastUsedAt = nil, nil
	return []any{user, k, p, apps}
}

func documentedRoutes(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, item := range doc.Paths {
		for method := range item {
			if method != "parameters" {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(routes)
	return routes
}
