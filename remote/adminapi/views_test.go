package adminapi_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A key is what provisioning and rotation answer.
type key struct {
	APIKey    string  `json:"api_key"`
	ID        string  `json:"api_key_id"`
	UserID    string  `json:"user_id"`
	Tier      string  `json:"tier"`
	ExpiresAt *string `json:"expires_at"`
	RateLimit *struct {
		Requests int64
		Period   string
	} `json:"rate_limit"`
	Prefix string `json:"key_prefix"`
}

func (d *harness) key(a answer) key {
	d.t.Helper()
	if a.status != http.StatusCreated {
		d.t.Fatalf("answer %d %s, want 201", a.status, a.body)
	}
	k := decode[key](d.t, a)
	parsed, err := access.ParseKey(k.APIKey)
	if err != nil {
		d.t.Fatalf("the key in %s: %v", a.body, err)
	}
	hash := parsed.Hash()
	d.hide(k.APIKey, k.APIKey[12:], hex.EncodeToString(hash[:]))
	return k
}

func (d *harness) provision(body string, headers ...string) key {
	d.t.Helper()
	return d.key(d.do("POST", "/admin/provision-api-key", body, headers...))
}

// verify asks what the MCP API asks.
func (d *harness) verify(k key) (access.Principal, error) {
	return d.verifier.Verify(d.t.Context(), k.APIKey)
}

func (d *harness) admits(k key) {
	d.t.Helper()
	if _, err := d.verify(k); err != nil {
		d.t.Errorf("the key %s is refused: %v", k.ID, err)
	}
}

func (d *harness) refuses(k key, want string) {
	d.t.Helper()
	if _, err := d.verify(k); pierre.KindOf(err) != pierre.KindUnauthenticated || !strings.Contains(fmt.Sprint(err), want) {
		d.t.Errorf("the key %s: %v, want it refused with %q", k.ID, err, want)
	}
}

func (d *harness) show(id string) adminapi.Key {
	d.t.Helper()
	k, err := d.api().Key(d.t.Context(), pierre.KeyID(id))
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// list returns the page that a query string asks for; it shows no secret.
func (d *harness) list(query string) adminapi.KeyList {
	d.t.Helper()
	a := d.do("GET", "/admin/api-keys"+query, "")
	if a.status != http.StatusOK {
		d.t.Fatalf("GET /admin/api-keys%s answered %d %s", query, a.status, a.body)
	}
	for _, s := range d.secrets {
		if strings.Contains(a.body, s) {
			d.t.Errorf("the listing shows %q: %s", s, a.body)
		}
	}
	return decode[adminapi.KeyList](d.t, a)
}
