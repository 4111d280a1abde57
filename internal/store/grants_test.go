package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func hashOf(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// newGrant keeps a grant on the key, whose code has the hash of that text.
func newGrant(t *testing.T, s *store.Store, key pierre.KeyID, code string, at time.Time) pierre.Grant {
	t.Helper()
	g := pierre.Grant{
		ID: pierre.NewGrantID(), KeyID: key, ClientID: "client_a", ClientName: "An app", RedirectURI: "https://app.example/cb",
		Challenge: "challenge", Scopes: pierre.Scopes(), Resource: "https://pierre.example/mcp", Created: at, CodeExpires: at.Add(time.Minute),
	}
	if err := s.BeginGrant(t.Context(), g, hashOf(code)); err != nil {
		t.Fatal(err)
	}
	return g
}

// pairOf issues the tokens that have the hashes of the name with -access and -refresh.
func pairOf(name string, at time.Time) func(pierre.Grant) (pierre.TokenPair, error) {
	return func(g pierre.Grant) (pierre.TokenPair, error) {
		return pierre.TokenPair{
			Access: hashOf(name + "-access"), Refresh: hashOf(name + "-refresh"), AccessExpires: at.Add(time.Hour),
			RefreshExpires: at.Add(30 * 24 * time.Hour), Scopes: g.Scopes,
		}, nil
	}
}

func live(t *testing.T, s *store.Store, name string) bool {
	t.Helper()
	a, err := s.AccessToken(t.Context(), hashOf(name+"-access"))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return false
	}
	if err != nil {
		t.Error(err)
	}
	return a.Ended.IsZero()
}

func TestGrantIsKeptWhole(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provisionFor(t, s, "ana")
		want := newGrant(t, s, k.ID, "code", parallelDay)
		got, err := s.RedeemCode(t.Context(), hashOf("code"), parallelDay, pairOf("a", parallelDay))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("RedeemCode = %v, %v; want %v", got, err, want)
		}
		a, err := s.AccessToken(t.Context(), hashOf("a-access"))
		if err != nil || a.KeyHash != k.Hash || a.KeyID != k.ID || a.GrantID != want.ID || fmt.Sprint(a.Scopes) != fmt.Sprint(pierre.Scopes()) ||
			a.Resource != want.Resource || !a.Expires.Equal(parallelDay.Add(time.Hour)) || !a.Ended.IsZero() {
			t.Errorf("AccessToken = %+v, %v", a, err)
		}
		if _, err := s.AccessToken(t.Context(), hashOf("a-refresh")); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a refresh token as access token: %v", err)
		}
	})
}

// A step exchanges the code or the refresh token of name, and says what comes of it.
type step struct {
	refresh string // "": the code
	name    string // of the pair that it would give
	after   time.Duration
	want    pierre.Kind // KindInternal: it works
	end     string      // how the key ends before
}

func TestExchanges(t *testing.T) {
	ok := pierre.KindInternal
	for name, tt := range map[string]struct {
		steps []step
		live  map[string]bool // by the pair's name
	}{
		"once":            {[]step{{"", "a", 0, ok, ""}}, map[string]bool{"a": true}},
		"code twice":      {[]step{{"", "a", 0, ok, ""}, {"", "b", 0, pierre.KindConflict, ""}}, map[string]bool{"a": false, "b": false}},
		"code late":       {[]step{{"", "a", time.Minute, pierre.KindDenied, ""}}, map[string]bool{"a": false}},
		"code just right": {[]step{{"", "a", time.Minute - time.Microsecond, ok, ""}}, map[string]bool{"a": true}},
		"refresh":         {[]step{{"", "a", 0, ok, ""}, {"a", "b", time.Hour, ok, ""}}, map[string]bool{"a": true, "b": true}},
		"refresh twice": {
			[]step{{"", "a", 0, ok, ""}, {"a", "b", time.Hour, ok, ""}, {"a", "c", time.Hour + 10*time.Second, pierre.KindConflict, ""}},
			map[string]bool{"a": false, "b": false, "c": false},
		},
		"the successor of a reused one": {
			[]step{{"", "a", 0, ok, ""}, {"a", "b", time.Hour, ok, ""}, {"a", "c", 2 * time.Hour, pierre.KindConflict, ""}, {"b", "d", 2 * time.Hour, pierre.KindDenied, ""}},
			map[string]bool{"b": false, "d": false},
		},
		"refresh again at once": {
			[]step{{"", "a", 0, ok, ""}, {"a", "b", time.Hour, ok, ""}, {"a", "c", time.Hour + 9*time.Second, ok, ""}, {"c", "d", 2 * time.Hour, ok, ""}},
			map[string]bool{"b": true, "c": true, "d": true},
		},
		"refresh late":      {[]step{{"", "a", 0, ok, ""}, {"a", "b", 30 * 24 * time.Hour, pierre.KindDenied, ""}}, map[string]bool{"b": false}},
		"unknown refresh":   {[]step{{"z", "a", 0, pierre.KindNotFound, ""}}, nil},
		"key revoked, code": {[]step{{"", "a", 0, pierre.KindDenied, "revoke"}}, nil},
		"key revoked":       {[]step{{"", "a", 0, ok, ""}, {"a", "b", time.Hour, pierre.KindDenied, "revoke"}}, nil},
		"key expired":       {[]step{{"", "a", 0, ok, ""}, {"a", "b", time.Hour, pierre.KindDenied, "expire"}}, nil},
		"key expired, code": {[]step{{"", "a", 0, pierre.KindDenied, "expire"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, s *store.Store) {
				k := provisionFor(t, s, "ana")
				newGrant(t, s, k.ID, "code", parallelDay)
				for n, st := range tt.steps {
					now := parallelDay.Add(st.after)
					end(t, s, k.ID, st.end, now)
					var err error
					if st.refresh == "" {
						_, err = s.RedeemCode(t.Context(), hashOf("code"), now, pairOf(st.name, now))
					} else {
						_, err = s.RefreshTokens(t.Context(), hashOf(st.refresh+"-refresh"), now, pairOf(st.name, now))
					}
					if pierre.KindOf(err) != st.want || (err == nil) != (st.want == ok) {
						t.Errorf("step %d: %v, want kind %d", n, err, st.want)
					}
				}
				for name, want := range tt.live {
					if got := live(t, s, name); got != want {
						t.Errorf("the access token %s is live: %v", name, got)
					}
				}
			})
		})
	}
}

func end(t *testing.T, s *store.Store, id pierre.KeyID, how string, at time.Time) {
	t.Helper()
	if how == "" {
		return
	}
	act := pierre.Act{Person: "test", At: at}
	_, err := s.UpdateAPIKey(t.Context(), act, id, func(k *pierre.APIKey) error { k.Expires = at; return nil })
	if how == "revoke" {
		_, err = s.RevokeAPIKey(t.Context(), act, id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What the check refuses leaves the code and the refresh token as they were.
func TestRefusedExchangeChangesNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provisionFor(t, s, "ana")
		newGrant(t, s, k.ID, "code", parallelDay)
		boom := errors.New("boom")
		refuse := func(pierre.Grant) (pierre.TokenPair, error) { return pierre.TokenPair{}, boom }
		if _, err := s.RedeemCode(t.Context(), hashOf("code"), parallelDay, refuse); !errors.Is(err, boom) {
			t.Errorf("RedeemCode = %v", err)
		}
		if _, err := s.RedeemCode(t.Context(), hashOf("code"), parallelDay, pairOf("a", parallelDay)); err != nil {
			t.Errorf("RedeemCode afterwards = %v", err)
		}
		later := parallelDay.Add(time.Hour)
		if _, err := s.RefreshTokens(t.Context(), hashOf("a-refresh"), later, refuse); !errors.Is(err, boom) {
			t.Errorf("RefreshTokens = %v", err)
		}
		if _, err := s.RefreshTokens(t.Context(), hashOf("a-refresh"), later.Add(time.Minute), pairOf("b", later)); err != nil {
			t.Errorf("RefreshTokens afterwards = %v", err)
		}
	})
}

func TestRevokeToken(t *testing.T) {
	for _, which := range []string{"a-access", "a-refresh"} {
		t.Run(which, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, s *store.Store) {
				k := provisionFor(t, s, "ana")
				newGrant(t, s, k.ID, "code", parallelDay)
				if _, err := s.RedeemCode(t.Context(), hashOf("code"), parallelDay, pairOf("a", parallelDay)); err != nil {
					t.Fatal(err)
				}
				if n, err := s.LiveGrants(t.Context(), k.ID, parallelDay); n != 1 || err != nil {
					t.Errorf("LiveGrants = %d, %v", n, err)
				}
				if _, err := s.RevokeToken(t.Context(), hashOf(which), "client_b", parallelDay); pierre.KindOf(err) != pierre.KindNotFound || !live(t, s, "a") {
					t.Errorf("another client's: %v", err)
				}
				if id, err := s.RevokeToken(t.Context(), hashOf(which), "client_a", parallelDay); id != k.ID || err != nil || live(t, s, "a") {
					t.Errorf("RevokeToken = %v, %v", id, err)
				}
				if n, err := s.LiveGrants(t.Context(), k.ID, parallelDay); n != 0 || err != nil {
					t.Errorf("LiveGrants = %d, %v", n, err)
				}
			})
		})
	}
}

// A grant of one person's key is no concern of another's.
func TestGrantsOfAnotherKey(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, bob := provisionFor(t, s, "ana"), provisionFor(t, s, "bob")
		for name, k := range map[string]pierre.APIKey{"a": ana, "b": bob} {
			newGrant(t, s, k.ID, name, parallelDay)
			if _, err := s.RedeemCode(t.Context(), hashOf(name), parallelDay, pairOf(name, parallelDay)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.RedeemCode(t.Context(), hashOf("a"), parallelDay, pairOf("c", parallelDay)); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("RedeemCode again = %v", err)
		}
		n, err := s.LiveGrants(t.Context(), bob.ID, parallelDay)
		if a, aerr := s.AccessToken(t.Context(), hashOf("b-access")); live(t, s, "a") || !live(t, s, "b") || a.KeyHash != bob.Hash || n != 1 || err != nil || aerr != nil {
			t.Errorf("bob's grant is %+v, %v; %d are live, %v", a, aerr, n, err)
		}
	})
}

func TestOAuthClients(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		client := func(id string) pierre.OAuthClient {
			return pierre.OAuthClient{ID: id, Name: "An app", RedirectURIs: []string{"https://a.example/", "http://127.0.0.1/cb"}, Created: parallelDay}
		}
		for _, id := range []string{"client_a", "client_b"} {
			if err := s.RegisterOAuthClient(t.Context(), client(id), 2); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.RegisterOAuthClient(t.Context(), client("client_c"), 2); pierre.KindOf(err) != pierre.KindRateLimited {
			t.Errorf("one more than may be unused: %v", err)
		}
		newGrant(t, s, provisionFor(t, s, "ana").ID, "code", parallelDay) // client_a's
		if err := s.RegisterOAuthClient(t.Context(), client("client_c"), 2); err != nil {
			t.Errorf("one is used now: %v", err)
		}
		got, err := s.OAuthClient(t.Context(), "client_a")
		if err != nil || fmt.Sprint(got) != fmt.Sprint(client("client_a")) {
			t.Errorf("OAuthClient = %v, %v", got, err)
		}
	})
}

func TestTidyOAuth(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provisionFor(t, s, "ana")
		for _, id := range []string{"client_a", "client_b"} {
			if err := s.RegisterOAuthClient(t.Context(), pierre.OAuthClient{ID: id, Created: parallelDay}, 9); err != nil {
				t.Fatal(err)
			}
		}
		newGrant(t, s, k.ID, "code", parallelDay)
		newGrant(t, s, k.ID, "not redeemed", parallelDay)
		if _, err := s.RedeemCode(t.Context(), hashOf("code"), parallelDay, pairOf("a", parallelDay)); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			after                 time.Duration
			access, refresh, a, b bool
		}{
			{0, true, true, true, true},
			{time.Hour, false, true, true, true},
			{24 * time.Hour, false, true, true, false},
			{30 * 24 * time.Hour, false, false, true, false},
			{90 * 24 * time.Hour, false, false, false, false},
		} {
			now := parallelDay.Add(tt.after)
			if err := s.TidyOAuth(t.Context(), now); err != nil {
				t.Fatal(err)
			}
			_, access := s.AccessToken(t.Context(), hashOf("a-access"))
			_, refresh := s.RefreshTokens(t.Context(), hashOf("a-refresh"), parallelDay, func(pierre.Grant) (pierre.TokenPair, error) { return pierre.TokenPair{}, errors.ErrUnsupported })
			_, a := s.OAuthClient(t.Context(), "client_a")
			_, b := s.OAuthClient(t.Context(), "client_b")
			got := [4]bool{access == nil, errors.Is(refresh, errors.ErrUnsupported), a == nil, b == nil}
			if want := [4]bool{tt.access, tt.refresh, tt.a, tt.b}; got != want {
				t.Errorf("after %v: access token, refresh token, client a, client b: %v, want %v", tt.after, got, want)
			}
		}
	})
}

// A grant that its key's operator ends is told to all servers as a revocation; another key's is not found.
func TestGrantIsRevoked(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, bob := provisionFor(t, s, "ana"), provisionFor(t, s, "bob")
		g := newGrant(t, s, ana.ID, "code", parallelDay)
		if _, err := s.RevokeGrant(t.Context(), changesAct(), bob.ID, g.ID); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("another key's grant: %v, want not found", err)
		}
		if apps, err := s.ConnectedApps(t.Context(), ana.ID, parallelDay, 1); err != nil || len(apps) != 0 {
			t.Errorf("before the code was redeemed the apps are %+v, %v", apps, err)
		}
		if _, err := s.RedeemCode(t.Context(), hashOf("code"), parallelDay, pairOf("a", parallelDay)); err != nil {
			t.Fatal(err)
		}
		want := pierre.ConnectedApp{Grant: g, Used: parallelDay, Expires: parallelDay.Add(30 * 24 * time.Hour)}
		if apps, err := s.ConnectedApps(t.Context(), ana.ID, parallelDay, 1); err != nil || len(apps) != 1 || fmt.Sprint(apps[0]) != fmt.Sprint(want) {
			t.Errorf("the apps are %v, %v; want %v", apps, err, want)
		}
		last, err := s.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if a, err := s.RevokeGrant(t.Context(), changesAct(), ana.ID, g.ID); err != nil || !a.Ended.Equal(changesAct().At) || live(t, s, "a") {
				t.Errorf("RevokeGrant = %+v, %v", a, err)
			}
		}
		if told := kinds(t, s, last); len(told) != 1 || told[0].Kind != pierre.ChangeKeyRevoked || told[0].ID != string(ana.ID) {
			t.Errorf("told %+v, want one revocation", told)
		}
		if _, err := s.RefreshTokens(t.Context(), hashOf("a-refresh"), parallelDay, pairOf("b", parallelDay)); pierre.KindOf(err) != pierre.KindDenied {
			t.Errorf("refreshing: %v, want denied", err)
		}
	})
}
