package importer

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An athlete collects what the files of an import say of their athlete, and keeps it, that of many files at once.
type athlete struct {
	to      Store
	user    pierre.UserID
	until   time.Time // what is of later comes from a wrong clock
	waiting []pierre.Profile
}

func (a *athlete) said(p pierre.Profile) {
	if undated := (pierre.Profile{Updated: p.Updated}); p != undated && p.Updated.Before(a.until) {
		a.waiting = append(a.waiting, p)
	}
}

// save keeps what is waiting, if that is of at least so many files.
func (a *athlete) save(ctx context.Context, least int) error {
	if len(a.waiting) < least {
		return nil
	}
	found := a.waiting
	a.waiting = nil
	return a.to.ImportProfile(ctx, a.user, found...)
}

// onDayOf dates what a file says by its first recording: by the athlete's own clock where that is known, for days are the athlete's.
func onDayOf(rec pierre.Recording, p pierre.Profile) pierre.Profile {
	p.Updated = rec.Start
	if rec.UTCOffset != nil {
		p.Updated = rec.Start.Add(time.Duration(*rec.UTCOffset) * time.Second)
	}
	return p
}
