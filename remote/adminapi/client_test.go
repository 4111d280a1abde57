package adminapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A checking transport holds what the client gets to the OpenAPI document.
type checking struct{ d *harness }

func (c checking) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.d.client.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	c.d.check(r.Method, r.URL.Path, answer{resp.StatusCode, resp.Header, string(body)})
	resp.Body = io.NopCloser(strings.NewReader(string(body)))
	return resp, nil
}

// api returns a client with the admin's token.
func (d *harness) api() *adminapi.Client {
	d.t.Helper()
	return newClient(d.t, d.url, d.admin, checking{d})
}

func newClient(t *testing.T, server, token string, transport http.RoundTripper) *adminapi.Client {
	t.Helper()
	c, err := adminapi.NewClient(server, secret.New(token), adminapi.ClientOptions{Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The life of a key, by the client alone.
func TestClient(t *testing.T) {
	d := open(t)
	c, ctx := d.api().For("eva@staff.test"), t.Context()
	fresh, err := c.Provision(ctx, adminapi.ProvisionRequest{
		UserEmail: "ana@club.test", Tier: pierre.TierProfessional,
		Settings: adminapi.Settings{Name: new("laptop"), RuleSettings: adminapi.RuleSettings{AllowedTools: given([]string{"get_*"})}},
	}, "request-1")
	if err != nil || !strings.HasPrefix(fresh.APIKey.Reveal(), "pk_live_") || fresh.RateLimit.Requests != 100_000 || fresh.ExpiresAt != nil {
		t.Fatalf("Provision = %+v, %v", fresh, err)
	}
	d.hide(fresh.APIKey.Reveal())
	again, err := c.Provision(ctx, adminapi.ProvisionRequest{
		UserEmail: "ana@club.test", Tier: pierre.TierProfessional,
		Settings: adminapi.Settings{Name: new("laptop"), RuleSettings: adminapi.RuleSettings{AllowedTools: given([]string{"get_*"})}},
	}, "request-1")
	if err != nil || again.APIKey != fresh.APIKey {
		t.Errorf("Provision again = %+v, %v; want the first key", again, err)
	}
	changed, err := c.Update(ctx, fresh.APIKeyID, adminapi.UpdateRequest{Tier: new(pierre.TierTrial), Settings: adminapi.Settings{RuleSettings: adminapi.RuleSettings{
		RateLimitRequests: given(int64(7)),
		AllowedTools:      adminapi.Nullable[[]string]{Given: true},
	}}})
	if err != nil || changed.Tier != pierre.TierTrial || changed.RateLimit.Requests != 7 || changed.AllowedTools != nil || changed.ExpiresAt == nil {
		t.Errorf("Update = %+v, %v", changed, err)
	}
	if k, err := c.Key(ctx, fresh.APIKeyID); err != nil || k.Name != "laptop" || k.Status != pierre.KeyActive {
		t.Errorf("Key = %+v, %v", k, err)
	}
	next, err := c.Rotate(ctx, fresh.APIKeyID, adminapi.RotateRequest{GraceSeconds: new(int64(60))}, "")
	if err != nil || next.Replaces == nil || next.Replaces.APIKeyID != fresh.APIKeyID {
		t.Fatalf("Rotate = %+v, %v", next, err)
	}
	d.hide(next.APIKey.Reveal())
	if gone, err := c.Revoke(ctx, next.APIKeyID); err != nil || !gone.RevokedAt.Equal(start) {
		t.Errorf("Revoke = %+v, %v", gone, err)
	}
	page, err := c.Keys(ctx, adminapi.KeyFilter{UserEmail: "ana@club.test", ActiveOnly: true, Limit: 1})
	if err != nil || len(page.APIKeys) != 1 || page.APIKeys[0].APIKeyID != fresh.APIKeyID || page.NextCursor != nil {
		t.Errorf("Keys = %+v, %v", page, err)
	}
	page, err = c.Keys(ctx, adminapi.KeyFilter{User: fresh.UserID, Search: "laptop", Tier: pierre.TierTrial, Status: pierre.KeyActive, Sort: pierre.SortUse, Down: true})
	if err != nil || len(page.APIKeys) != 1 || page.APIKeys[0].APIKeyID != fresh.APIKeyID || page.APIKeys[0].Used == nil || *page.APIKeys[0].Used != 0 {
		t.Errorf("Keys = %+v, %v", page, err)
	}
	if report, err := c.Usage(ctx, fresh.APIKeyID, "2026-03-01", "2026-03-31"); err != nil || report.Limit.Requests != 7 || report.Totals.Requests != 0 {
		t.Errorf("Usage = %+v, %v", report, err)
	}
	if info, err := c.TokenInfo(ctx); err != nil || len(info.Permissions) != len(pierre.Permissions()) {
		t.Errorf("TokenInfo = %+v, %v", info, err)
	}
}

// The audit log names the person, beside the token.
func TestClientForAPerson(t *testing.T) {
	d := open(t)
	c, ctx := d.api(), t.Context()
	fresh, err := c.For("Eva@Staff.test").Provision(ctx, adminapi.ProvisionRequest{UserEmail: "ana@club.test", Tier: pierre.TierStarter}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Revoke(ctx, fresh.APIKeyID); err != nil {
		t.Fatal(err)
	}
	var got []string
	for cursor := ""; ; {
		page, err := c.Audit(ctx, adminapi.AuditFilter{Limit: 2, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			person := "-"
			if e.Person != nil {
				person = *e.Person
			}
			actor, _, _ := strings.Cut(e.Actor, "_token_")
			got = append(got, actor+" "+person+" "+e.Action)
		}
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	want := []string{"admin - key.revoke", "admin eva@staff.test key.provision", "admin eva@staff.test user.create", "admin-setup - admin_token.generate"}
	if !slices.Equal(got, want) {
		t.Errorf("audit log %q\nwant      %q", got, want)
	}
	for _, person := range []string{"eva", "Eva <eva@staff.test>", "\u212aai@staff.test"} {
		_, err := c.For(person).Revoke(ctx, fresh.APIKeyID)
		if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Status != http.StatusUnprocessableEntity || e.Field != "On-Behalf-Of" {
			t.Errorf("for %q: %v, want 422 about On-Behalf-Of", person, err)
		}
	}
}

func TestClientErrorsAreTyped(t *testing.T) {
	d := open(t)
	c, ctx := d.api(), t.Context()
	_, unknown := c.Key(ctx, "key_none")
	_, wrong := c.Provision(ctx, adminapi.ProvisionRequest{UserEmail: "ana@club.test", Tier: "gold"}, "")
	_, denied := newClient(t, d.url, d.token(pierre.PermListKeys), nil).Revoke(ctx, "key_none")
	_, refused := newClient(t, d.url, "eyJ", nil).TokenInfo(ctx)
	for _, tt := range []struct {
		err    error
		status int
		field  string
		want   string
	}{
		{unknown, http.StatusNotFound, "", "key_none not found"},
		{wrong, http.StatusUnprocessableEntity, "tier", "tier must be one of trial"},
		{denied, http.StatusForbidden, "", "permission revoke_keys"},
		{refused, http.StatusUnauthorized, "", "not a valid admin token"},
	} {
		e, ok := errors.AsType[*adminapi.Error](tt.err)
		if !ok || e.Status != tt.status || e.Field != tt.field || !strings.Contains(e.Detail, tt.want) || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("err = %v, want %d about %q with %q", tt.err, tt.status, tt.field, tt.want)
		}
	}
}

// An answer that is lost after the change was made does not make the change twice.
func TestClientRepeatsWithoutMakingASecondKey(t *testing.T) {
	d := open(t)
	var calls atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		out, err := http.NewRequestWithContext(r.Context(), r.Method, d.url+r.URL.Path, strings.NewReader(string(body)))
		if err != nil {
			t.Error(err)
		}
		out.Header = r.Header.Clone()
		resp, err := d.client.Do(out)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		switch calls.Add(1) {
		case 1:
			panic(http.ErrAbortHandler) //nolint:forbidigo // the answer is lost
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.WriteHeader(resp.StatusCode)
			io.Copy(w, resp.Body)
		}
	}))
	defer proxy.Close()
	fresh, err := newClient(t, proxy.URL, d.admin, nil).Provision(t.Context(),
		adminapi.ProvisionRequest{UserEmail: "ana@club.test", Tier: pierre.TierStarter}, "")
	if err != nil || calls.Load() != 3 {
		t.Fatalf("Provision = %+v, %v after %d calls; want a key after 3", fresh, err, calls.Load())
	}
	d.hide(fresh.APIKey.Reveal())
	if got := d.list("").APIKeys; len(got) != 1 || got[0].APIKeyID != fresh.APIKeyID {
		t.Errorf("keys %+v, want the one that was answered", got)
	}
}

// What a server refuses for good, or for long, is not repeated.
func TestClientDoesNotRepeatInVain(t *testing.T) {
	for _, tt := range []struct {
		status     int
		retryAfter string
		calls      int64
		wait       time.Duration
	}{
		{http.StatusInternalServerError, "", 1, 0},
		{http.StatusInsufficientStorage, "", 1, 0},
		{http.StatusConflict, "", 1, 0},
		{http.StatusTooManyRequests, "3600", 1, time.Hour},
		{http.StatusFound, "", 1, 0},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			var calls atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1); r.URL.Path == "/elsewhere" {
					t.Error("the client followed a redirect, with its token")
				}
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", tt.retryAfter)
				w.WriteHeader(tt.status)
			}))
			defer srv.Close()
			_, err := newClient(t, srv.URL+"/", "token", nil).Rotate(t.Context(), "key_a", adminapi.RotateRequest{}, "")
			e, ok := errors.AsType[*adminapi.Error](err)
			if !ok || e.Status != tt.status || e.RetryAfter != tt.wait || e.Detail == "" || calls.Load() != tt.calls {
				t.Errorf("%v after %d calls; want %d after %d", err, calls.Load(), tt.status, tt.calls)
			}
		})
	}
}

func TestClientEndsWithItsContext(t *testing.T) {
	asked := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := newClient(t, srv.URL, "token", nil).TokenInfo(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("TokenInfo = %v, want the context's end", err)
	}
}

func TestClientOfNoServer(t *testing.T) {
	for _, server := range []string{"", "mcp.example.com", "ftp://mcp.example.com", "https://", "https://user:pass@mcp.example.com", "https://mcp.example.com/admin", "https://mcp.example.com?x=1", "http://[::1"} {
		if _, err := adminapi.NewClient(server, secret.New("token"), adminapi.ClientOptions{}); err == nil || strings.Contains(err.Error(), "pass") {
			t.Errorf("NewClient(%q) = %v, want an error that repeats no password", server, err)
		}
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }))
	defer srv.Close()
	if _, err := newClient(t, srv.URL, "token", nil).TokenInfo(t.Context()); err == nil || !strings.Contains(err.Error(), "reading the answer of GET /admin/token-info") {
		t.Errorf("TokenInfo of a web page = %v", err)
	}
}

// A fresh key is for its owner: no log and no error shows it.
func TestClearKeyIsNotPrinted(t *testing.T) {
	k := adminapi.FreshKey{APIKey: "pk_live_secret"}
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v %s %q", k, k.APIKey, k.APIKey, k.APIKey), k.APIKey.LogValue().String()} {
		if strings.Contains(shown, "secret") || !strings.Contains(shown, "redacted") {
			t.Errorf("a fresh key is shown as %s", shown)
		}
	}
	if k.APIKey.Reveal() != "pk_live_secret" {
		t.Error("Reveal does not return the key")
	}
}

func given[T any](v T) adminapi.Nullable[T] { return adminapi.Nullable[T]{Given: true, Value: &v} }

// Who calls decides by the kind of an error, as with errors of the own program.
func TestRefusalsHaveKinds(t *testing.T) {
	for status, want := range map[int]pierre.Kind{
		http.StatusNotFound: pierre.KindNotFound, http.StatusConflict: pierre.KindConflict, http.StatusUnprocessableEntity: pierre.KindInvalid,
		http.StatusTooManyRequests: pierre.KindRateLimited, http.StatusUnauthorized: pierre.KindUnavailable, http.StatusForbidden: pierre.KindUnavailable,
		http.StatusInternalServerError: pierre.KindUnavailable,
	} {
		err := fmt.Errorf("asking: %w", &adminapi.Error{Status: status, Detail: "why", Field: "tier"})
		if pierre.KindOf(err) != want {
			t.Errorf("%d: kind %v, want %v", status, pierre.KindOf(err), want)
		}
	}
	c, err := adminapi.NewClient("http://127.0.0.1:1", secret.New("x"), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.TokenInfo(ctx); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Errorf("a server that cannot be reached: %v", err)
	}
}
