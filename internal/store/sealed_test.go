package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What is sealed is sealed anew, each text for its own row; an interrupted run is completed by the next.
func TestReseal(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		const rows = 250 // more than two batches
		act := changesAct()
		act.Token = pierre.NewAdminTokenID()
		if err := s.CreateAdminToken(t.Context(), changesAct(), pierre.AdminToken{ID: act.Token, Service: "console", Created: act.At}); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			act.Once = &pierre.Once{Route: "POST /admin/provision-api-key", Key: fmt.Sprintf("%03d", i)}
			k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierStarter, Hash: [32]byte{byte(i), byte(i >> 8)}}
			sealed := append([]byte("old "), pierre.AnswerPurpose(act.Token, act.Once.Route, act.Once.Key)...)
			if i == 7 {
				sealed = []byte("lost")
			}
			if _, _, err := s.ProvisionAPIKey(t.Context(), act, k, func(pierre.APIKey) ([]byte, error) { return sealed, nil }); err != nil {
				t.Fatal(err)
			}
		}
		renew := func(sealed, purpose []byte) ([]byte, bool, error) {
			switch {
			case bytes.Equal(sealed, append([]byte("old "), purpose...)):
				return append([]byte("new "), purpose...), true, nil
			case bytes.Equal(sealed, append([]byte("new "), purpose...)):
				return sealed, false, nil
			default:
				return nil, false, errors.New("cannot be read")
			}
		}
		broken := 0
		interrupted := func(sealed, purpose []byte) ([]byte, bool, error) {
			if broken++; broken > 150 {
				panic("interrupted") //nolint:forbidigo // as a killed program ends
			}
			return renew(sealed, purpose)
		}
		func() {
			defer func() { _ = recover() }()
			if _, err := s.Reseal(t.Context(), interrupted); err == nil {
				t.Error("Reseal was not interrupted")
			}
		}()
		for i, want := range []store.Resealed{{Current: 99, Renewed: 150, Unreadable: 1}, {Current: 249, Unreadable: 1}} {
			if got, err := s.Reseal(t.Context(), renew); err != nil || got != want {
				t.Errorf("run %d: %+v, %v; want %+v", i, got, err, want)
			}
		}
	})
}

// The credentials of connections are sealed anew, too, each for its own.
func TestResealCredentials(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "ben@example.com")
		for _, user := range users {
			for _, p := range []pierre.Provider{pierre.ProviderPolar, pierre.ProviderWahoo} {
				sealed := append([]byte("old "), pierre.ConnectionPurpose(user, p)...)
				if err := s.KeepConnection(t.Context(), pierre.Connection{UserID: user, Provider: p, Sealed: sealed, Connected: now, Due: now}); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := s.Reseal(t.Context(), func(sealed, purpose []byte) ([]byte, bool, error) {
			if !bytes.Equal(sealed, append([]byte("old "), purpose...)) {
				return nil, false, errors.New("cannot be read")
			}
			return append([]byte("new "), purpose...), true, nil
		})
		if want := (store.Resealed{Renewed: 4}); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		c, err := s.Connection(t.Context(), users[1], pierre.ProviderWahoo)
		if want := append([]byte("new "), pierre.ConnectionPurpose(users[1], pierre.ProviderWahoo)...); err != nil || !bytes.Equal(c.Sealed, want) {
			t.Errorf("%q, %v; want %q", c.Sealed, err, want)
		}
	})
}
