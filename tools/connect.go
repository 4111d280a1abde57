package tools

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

// Accounts connect athletes' accounts at other services; package provider has them.
type Accounts interface {
	Invite(ctx context.Context, user pierre.UserID, name pierre.Provider) (provider.Link, error)
	Disconnect(ctx context.Context, user pierre.UserID, name pierre.Provider) (string, error)
	Statuses(ctx context.Context, user pierre.UserID) ([]provider.Status, error)
}

// noAccounts is a server that connects none.
type noAccounts struct{}

func (noAccounts) Invite(context.Context, pierre.UserID, pierre.Provider) (provider.Link, error) {
	return provider.Link{}, &pierre.Error{Kind: pierre.KindConflict, Msg: "This program connects no accounts; import an export archive instead."}
}

func (n noAccounts) Disconnect(ctx context.Context, user pierre.UserID, name pierre.Provider) (string, error) {
	_, err := n.Invite(ctx, user, name)
	return "", err
}

func (noAccounts) Statuses(context.Context, pierre.UserID) ([]provider.Status, error) {
	return []provider.Status{}, nil
}

// A connectable is a provider whose accounts can be connected.
type connectable pierre.Provider

func connectables() []connectable {
	var list []connectable
	for _, p := range pierre.Connectable() {
		list = append(list, connectable(p))
	}
	return list
}

type connectArgs struct {
	Provider connectable `json:"provider" jsonschema:"Whose account." brief:""`
}

type connectAnswer struct {
	Provider     string `json:"provider"`
	URL          string `json:"authorization_url,omitempty" jsonschema:"a link for the athlete to open in a browser; it works once"`
	Instructions string `json:"instructions"`
	Expires      int    `json:"expires_in_minutes,omitempty"`
	Status       string `json:"status" jsonschema:"pending_authorization; already_connected: then the link renews the access; not_available"`
	Warning      string `json:"warning,omitempty" jsonschema:"tell it to the athlete before giving the link"`
}

func (a connectAnswer) text() string {
	if a.URL == "" {
		return a.Instructions
	}
	text := fmt.Sprintf("%s\n%s\nThe link works for %d minutes.", a.Instructions, a.URL, a.Expires)
	if a.Warning != "" {
		text = "Say this first: " + a.Warning + "\n" + text
	}
	return text
}

func (c *Catalog) connectProvider() tool {
	return declare(c, spec{
		name:  "connect_provider",
		title: "Connect an account",
		doc: "Gives a link on which the athlete connects an account at another service, from which data then comes by itself. " +
			"Give the athlete the link as it is, with the warning if there is one; get_connection_status says later how it goes.",
		changes: true, once: true,
	}, func(ctx context.Context, user pierre.UserID, args connectArgs) (connectAnswer, error) {
		return c.connect(ctx, user, pierre.Provider(args.Provider))
	})
}

func (c *Catalog) connectStrava() tool {
	return declare(c, spec{
		name: "connect_strava", title: "Connect Strava", doc: "Is connect_provider for Strava. Use that one.", changes: true, once: true,
	}, func(ctx context.Context, user pierre.UserID, _ noArgs) (connectAnswer, error) {
		return c.connect(ctx, user, pierre.ProviderStrava)
	})
}

func (c *Catalog) connectFitbit() tool {
	return declare(c, spec{
		name: "connect_fitbit", title: "Connect Fitbit",
		doc:     "Says why Fitbit accounts cannot be connected any more, and that connect_provider for google_health took their place.",
		changes: true, once: true,
	}, func(context.Context, pierre.UserID, noArgs) (connectAnswer, error) {
		return connectAnswer{Provider: "fitbit", Status: "not_available", Instructions: "Fitbit ended its interface for other programs in September 2026, so that accounts can no longer be connected. " +
			"What Fitbit's devices measure is in Google Health: connect that with connect_provider for google_health. Or export the activities as TCX files at fitbit.com and import them with: " + c.options.ImportCommand + " FOLDER"}, nil
	})
}

func (c *Catalog) connect(ctx context.Context, user pierre.UserID, name pierre.Provider) (connectAnswer, error) {
	l, err := c.accounts.Invite(ctx, user, name)
	if err != nil {
		return connectAnswer{}, err
	}
	a := connectAnswer{
		Provider: string(name), URL: l.URL, Status: "pending_authorization", Warning: l.Risk,
		Expires:      int(math.Round(l.Expires.Sub(c.now()).Minutes())),
		Instructions: "Open this link in your browser and follow it to connect " + l.Title + ":",
	}
	if l.Connected {
		a.Status, a.Instructions = "already_connected", l.Title+" is connected. To renew the access or to change the account, open this link:"
	}
	return a, nil
}

type disconnectAnswer struct {
	Provider     pierre.Provider `json:"provider"`
	Disconnected bool            `json:"disconnected"`
	Message      string          `json:"message" jsonschema:"what happened at the provider, and to the data"`
}

func (a disconnectAnswer) text() string {
	return string(a.Provider) + " is disconnected. " + a.Message
}

func (c *Catalog) disconnectProvider() tool {
	return declare(c, spec{
		name: "disconnect_provider", title: "Disconnect an account",
		doc:     "Ends the connection to an account at another service. Ask the athlete first. What came from it stays, except from Strava.",
		changes: true, openWorld: true, once: true,
	}, func(ctx context.Context, user pierre.UserID, args connectArgs) (disconnectAnswer, error) {
		message, err := c.accounts.Disconnect(ctx, user, pierre.Provider(args.Provider))
		return disconnectAnswer{pierre.Provider(args.Provider), err == nil, message}, err
	})
}

// accountView is a connected account, in get_connection_status.
type accountView struct {
	Status      pierre.ConnectionStatus `json:"status" jsonschema:"active, or reconnect: the provider no longer accepts it"`
	ConnectedAt string                  `json:"connected_at"`
	LastSync    string                  `json:"last_sync,omitempty" jsonschema:"when all that was new had come, UTC; absent: not yet"`
	NextSync    string                  `json:"next_sync,omitempty" jsonschema:"UTC"`
	Recordings  int                     `json:"recordings_fetched"`
	Values      int                     `json:"wellness_values,omitempty" jsonschema:"of days, such as sleep and weight"`
	NotGiven    int                     `json:"recordings_not_given,omitempty"`
	WhyNotGiven string                  `json:"why_not_given,omitempty"`
	NoAccess    []string                `json:"no_access_to,omitempty" jsonschema:"kinds of data that the athlete gave no access to"`
	Failed      int                     `json:"recordings_failed,omitempty"`
	LastFailure string                  `json:"last_failure,omitempty"`
	Problem     string                  `json:"problem,omitempty" jsonschema:"why the last try ended early, and what to do"`
	History     string                  `json:"history,omitempty" jsonschema:"complete, or from which day on it has come so far"`
}

func viewAccount(s provider.Status) *accountView {
	if s.Connection == nil {
		return nil
	}
	c := s.Connection
	v := accountView{
		Status: c.Status, ConnectedAt: timestamp(c.Connected), LastSync: timestamp(c.Sync.Synced), NextSync: timestamp(c.Due),
		Recordings: s.Counts.Kept, Values: s.Counts.Values, NotGiven: s.Counts.Left, Failed: s.Counts.Failed, LastFailure: c.Sync.FailedText,
		Problem: c.Sync.Problem, NoAccess: c.Sync.Refused,
	}
	if v.NotGiven > 0 {
		v.WhyNotGiven = s.LeftWhy
	}
	if c.Status == pierre.ConnectionBroken {
		v.NextSync = ""
		v.Problem = s.Title + " no longer accepts this connection. Connect it again with connect_provider."
	}
	switch {
	case s.History:
		v.History = "complete"
	case !s.Since.IsZero():
		v.History = "from " + s.Since.UTC().Format(time.DateOnly) + " on"
	}
	return &v
}

func (v *accountView) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "account connected, %d recordings", v.Recordings)
	if v.Values > 0 {
		fmt.Fprintf(&b, " and %d values of days", v.Values)
	}
	if v.LastSync != "" {
		b.WriteString(", last sync " + v.LastSync)
	}
	if v.NotGiven > 0 {
		fmt.Fprintf(&b, "; %d not given: %s", v.NotGiven, v.WhyNotGiven)
	}
	if len(v.NoAccess) > 0 {
		b.WriteString("; no access to " + strings.Join(v.NoAccess, ", "))
	}
	if v.Failed > 0 {
		fmt.Fprintf(&b, "; %d failed, last %s", v.Failed, v.LastFailure)
	}
	if v.Problem != "" {
		b.WriteString("; " + v.Problem)
	}
	return b.String()
}
