package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

func (c *Catalog) getConnectionStatus() tool {
	return declare(c, spec{
		name:  "get_connection_status",
		title: "Show data sources",
		doc:   "Says which sources have data of the athlete, how much, of which time and when it was imported, and how to add more.",
	}, c.showConnections)
}

type connectionsAnswer struct {
	Providers       []connectionView `json:"providers"`
	TotalActivities int              `json:"total_activities" jsonschema:"of all sources, merged"`
	LikelyTwice     int              `json:"likely_duplicates,omitempty" jsonschema:"probably recordings of another of these; not counted in sums and loads"`
}

type connectionView struct {
	Provider      pierre.Provider `json:"provider"`
	Connected     bool            `json:"connected" jsonschema:"whether there are activities of it"`
	Activities    int             `json:"activities" jsonschema:"that this source knows; one known to two sources counts for both"`
	FirstActivity string          `json:"first_activity,omitempty" jsonschema:"start, UTC"`
	LastActivity  string          `json:"last_activity,omitempty" jsonschema:"start, UTC"`
	LastImport    string          `json:"last_import,omitempty" jsonschema:"UTC"`
	HowToAdd      string          `json:"how_to_add"`
	Account       *accountView    `json:"account,omitempty" jsonschema:"that is connected"`
}

func (c *Catalog) showConnections(ctx context.Context, user pierre.UserID, args sourceArgs) (connectionsAnswer, error) {
	sums, err := c.data.ProviderSummaries(ctx, user)
	if err != nil {
		return connectionsAnswer{}, err
	}
	all, err := c.data.Activities(ctx, user, pierre.ActivityQuery{Limit: 1})
	if err != nil {
		return connectionsAnswer{}, err
	}
	twins, err := c.likelyTwice(ctx, user)
	if err != nil {
		return connectionsAnswer{}, err
	}
	accounts, err := c.accounts.Statuses(ctx, user)
	if err != nil {
		return connectionsAnswer{}, err
	}
	a := connectionsAnswer{TotalActivities: all.Total, LikelyTwice: twins}
	for _, p := range pierre.Providers() {
		if args.Provider != "" && args.Provider != p {
			continue
		}
		v := connectionView{Provider: p, HowToAdd: c.howToAdd(p)}
		for _, s := range sums {
			if s.Provider == p {
				v.Connected, v.Activities = s.Activities > 0, s.Activities
				v.FirstActivity, v.LastActivity, v.LastImport = timestamp(s.First), timestamp(s.Last), timestamp(s.Imported)
			}
		}
		for _, s := range accounts {
			if s.Provider == p {
				v.Account, v.HowToAdd = viewAccount(s), c.howToConnect(s)
			}
		}
		a.Providers = append(a.Providers, v)
	}
	return a, nil
}

// likelyTwice counts the activities in whose place another one counts.
func (c *Catalog) likelyTwice(ctx context.Context, user pierre.UserID) (int, error) {
	page, err := c.data.Activities(ctx, user, pierre.ActivityQuery{Twins: true, Limit: 1})
	return page.Total, err
}

// countedOnce says of n activities that others count in their place, "" if there are none.
func countedOnce(n int) string {
	if n == 0 {
		return ""
	}
	return human.Plural(n, "activity") + ", probably another recording of one that is here, not counted (see may_be_same_as in get_activities)."
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// switchedOff says why an account cannot be connected.
const switchedOff = "It is not switched on on this server; connect_provider says why."

// howToConnect says how data comes from a provider whose accounts can be connected.
func (c *Catalog) howToConnect(s provider.Status) string {
	text := "Connect the account with connect_provider."
	switch {
	case s.Connection != nil:
		text = "It comes by itself."
	case s.Off != "":
		text = switchedOff
	}
	if s.Provider == pierre.ProviderStrava {
		text = c.howToAdd(s.Provider) + ". " + text
	}
	return text
}

func (c *Catalog) howToAdd(p pierre.Provider) string {
	run := c.options.ImportCommand
	switch p {
	case pierre.ProviderStrava:
		return "Request the archive at strava.com, Settings, My Account, Download or Delete Your Account; then run: " + run + " export.zip"
	case pierre.ProviderGarmin:
		return "Request the data export at garmin.com, Account, Data Management, Export Your Data; then run: " + run + " export.zip"
	case pierre.ProviderAppleHealth:
		return "In the Health app tap the profile picture, Export All Health Data; then run: " + run + " export.zip"
	case pierre.ProviderFitbit:
		return "Export Fitbit at takeout.google.com; then run: " + run + " takeout.zip"
	case pierre.ProviderFile:
		return "Run: " + run + " PATH, with recordings (." + strings.Join(formats.Recordings(), ", .") + ") or a folder of them"
	default:
		return "Its accounts are connected on a server"
	}
}

func (a connectionsAnswer) text() string {
	var b strings.Builder
	b.WriteString(human.Plural(a.TotalActivities, "activity") + " in all")
	if a.LikelyTwice > 0 {
		b.WriteString("; " + countedOnce(a.LikelyTwice))
	}
	var off []string
	for _, p := range a.Providers {
		switch {
		case !p.Connected && p.Account == nil && p.HowToAdd == switchedOff && len(a.Providers) > 1:
			off = append(off, string(p.Provider))
		case p.Connected:
			fmt.Fprintf(&b, "\n%s: %s, %s to %s, imported %s", p.Provider, human.Plural(p.Activities, "activity"), p.FirstActivity, p.LastActivity, p.LastImport)
		case p.Account == nil:
			fmt.Fprintf(&b, "\n%s: nothing yet. %s", p.Provider, p.HowToAdd)
		default:
			fmt.Fprintf(&b, "\n%s: no activities yet", p.Provider)
		}
		if p.Account != nil {
			b.WriteString("; " + p.Account.text())
		}
	}
	if len(off) > 0 {
		b.WriteString("\nnot switched on on this server (connect_provider says why): " + strings.Join(off, ", "))
	}
	return b.String()
}
