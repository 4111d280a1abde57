package tools_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/tools"
)

// someAccounts is a server that connects intervals.icu and Strava, and Polar if its operator switched it on.
type someAccounts struct{}

// Invite implements [tools.Accounts].
func (someAccounts) Invite(_ context.Context, _ pierre.UserID, name pierre.Provider) (provider.Link, error) {
	l := provider.Link{URL: "https://fit.example.com/connect/ABC", Title: "intervals.icu", Expires: now().Add(15 * time.Minute)}
	switch name {
	case pierre.ProviderIntervals:
		l.Connected = true
	case pierre.ProviderStrava:
		l.Title, l.Risk = "Strava", "Strava forbids it."
	case pierre.ProviderPolar:
		return l, &pierre.Error{Kind: pierre.KindConflict, Msg: "Polar is not switched on on this server: its operator has to."}
	default:
		l.Title = string(name)
	}
	return l, nil
}

// Disconnect implements [tools.Accounts].
func (someAccounts) Disconnect(context.Context, pierre.UserID, pierre.Provider) (string, error) {
	return "It was told, too. What came from it stays here.", nil
}

// Statuses implements [tools.Accounts].
func (someAccounts) Statuses(context.Context, pierre.UserID) ([]provider.Status, error) {
	connected := pierre.Connection{
		Provider: pierre.ProviderIntervals, Status: pierre.ConnectionActive, Connected: now().AddDate(0, 0, -3), Due: now().Add(20 * time.Minute),
		Sync: pierre.SyncState{Synced: now().Add(-10 * time.Minute), Refused: []string{"wellness"}, FailedText: "i7: it is cut off", Problem: "intervals.icu could not be reached. It is tried again by itself."},
	}
	return []provider.Status{
		{
			Provider: pierre.ProviderIntervals, Title: "intervals.icu", Connection: &connected, LeftWhy: "Strava does not let it pass them on",
			Counts: pierre.FetchedCounts{Kept: 512, Left: 3, Failed: 1, Values: 2000}, Since: now().AddDate(-2, 0, 0),
		},
		{Provider: pierre.ProviderStrava, Title: "Strava"},
		{Provider: pierre.ProviderPolar, Title: "Polar", Off: "Polar is not switched on on this server."},
	}, nil
}

func TestConnecting(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	for _, tt := range []struct {
		tool     string
		provider string
		want     []string
	}{
		{"connect_provider", "wahoo", []string{"https://fit.example.com/connect/ABC", "15 minutes", `"pending_authorization"`}},
		{"connect_provider", "intervals_icu", []string{"already_connected", "renew"}},
		{"connect_provider", "strava", []string{"Say this first: Strava forbids it."}},
		{"connect_provider", "polar", []string{"not switched on"}},
		{"connect_strava", "", []string{"https://fit.example.com/connect/ABC", "Strava forbids it."}},
		{"connect_fitbit", "", []string{"September 2026", "google_health", "mcp-client import"}},
		{"disconnect_provider", "intervals_icu", []string{"is disconnected", "stays here"}},
		{"get_connection_status", "intervals_icu", []string{"512 recordings", "2000 values", "3 not given: Strava", "1 failed, last i7", "could not be reached", `"from 2024-06-15 on"`}},
		{"get_connection_status", "polar", []string{"not switched on"}},
		{"get_connection_status", "strava", []string{"Request the archive", "connect_provider"}},
	} {
		args := map[string]any{}
		if tt.provider != "" {
			args["provider"] = tt.provider
		}
		r := h.call(tt.tool, args)
		for _, want := range tt.want {
			if !strings.Contains(r.Text+string(r.Structured), want) {
				t.Errorf("%s %s lacks %q: %s %s", tt.tool, tt.provider, want, r.Text, r.Structured)
			}
		}
	}
	h.server = serverOf(t, s, tools.Options{})
	for _, tool := range []string{"connect_provider", "disconnect_provider"} {
		if r := h.call(tool, map[string]any{"provider": "polar"}); !r.IsError || !strings.Contains(r.Text, "connects no accounts") {
			t.Errorf("%s of a program without accounts: %s", tool, r.Text)
		}
	}
}
