package exporter

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxApps is how many apps of a key are listed.
const maxApps = 1000

func (a *archive) account(ctx context.Context) error {
	who, err := a.store.Account(ctx, a.user)
	if err != nil {
		return err
	}
	out := exportfile.Account{ID: who.ID, Email: who.Email, Athlete: who.Athlete, Notes: who.Notes, Created: who.Created, Keys: []exportfile.Key{}}
	if !who.Limit.Unlimited() {
		out.Limit = &who.Limit
	}
	if err := a.keys(ctx, &out); err != nil {
		return err
	}
	switch c, err := a.store.CalendarSubscription(ctx, a.user); {
	case err == nil:
		out.Calendar = &exportfile.Calendar{Created: c.Created, Read: c.Read}
	case pierre.KindOf(err) != pierre.KindNotFound:
		return err
	}
	q := pierre.AthleteQuery{Customer: a.user, Limit: pageSize}
	for {
		page, err := a.store.Athletes(ctx, q)
		if err != nil {
			return err
		}
		for _, athlete := range page.Athletes {
			out.Athletes = append(out.Athletes, athlete.Name)
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	return a.json(exportfile.AccountFile, out)
}

func (a *archive) keys(ctx context.Context, out *exportfile.Account) error {
	q := pierre.KeyQuery{User: a.user, Limit: pageSize}
	for {
		page, err := a.store.APIKeys(ctx, q)
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			shown := exportfile.Key{
				ID: k.ID, Name: k.Name, Description: k.Description, Type: k.Type, Tier: k.Tier, Prefix: k.Prefix,
				Created: k.Created, Expires: k.Expires, Revoked: k.Revoked, LastUsed: k.LastUsed,
			}
			apps, err := a.store.ConnectedApps(ctx, k.ID, a.at, maxApps)
			if err != nil {
				return err
			}
			for _, app := range apps {
				shown.Apps = append(shown.Apps, exportfile.App{Name: app.ClientName, Scopes: app.Scopes, Created: app.Created, Used: app.Used})
			}
			out.Keys = append(out.Keys, shown)
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return nil
		}
	}
}

// usageFrom is the first year of which there can be calls.
const usageFrom = 2024

// usage writes the calls of each day by tool, a year at a time.
func (a *archive) usage(ctx context.Context) error {
	return a.lines(ctx, exportfile.UsageFile, func(put func(any) error) error {
		tomorrow := a.at.Truncate(24*time.Hour).AddDate(0, 0, 1)
		for year := usageFrom; year <= tomorrow.Year(); year++ {
			from, to := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
			if to.After(tomorrow) {
				to = tomorrow
			}
			groups, err := a.store.Usage(ctx, pierre.UsageQuery{Customer: a.user, From: from, To: to, By: pierre.PeriodDay, Split: pierre.SplitTool})
			if err != nil {
				return err
			}
			for _, g := range groups {
				line := exportfile.Usage{Day: g.Start.Format(time.DateOnly), Tool: g.Of, Succeeded: g.Succeeded, Failed: g.Failed, RateLimited: g.Refused}
				if err := put(line); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
