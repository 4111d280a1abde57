package access

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A CalendarStore is where subscriptions of calendars are kept.
type CalendarStore interface {
	// CalendarReader returns whose subscription has the token with that hash, or a [pierre.KindNotFound] error. It has a key if one of those
	// that the user is reached with can be used at now and serves.
	CalendarReader(ctx context.Context, hash [32]byte, now time.Time, serves func(*pierre.APIKey) bool) (pierre.CalendarReader, error)
	// NoteCalendarRead notes when it was read.
	NoteCalendarRead(ctx context.Context, c pierre.CalendarReader, now time.Time) error
}

// CalendarOptions adjust [Calendars]. The zero value works.
type CalendarOptions struct {
	// NoKeys says that users have no keys, as in a personal server. Otherwise a subscription works only while its user, or the
	// application that the athlete is of, has a key that [ServesCalendars].
	NoKeys bool
}

// CalendarTool is the tool that a key must be allowed to use to read what is planned, by the key or at an address.
const CalendarTool = "get_calendar"

// ServesCalendars reports whether addresses of calendars can be made with the key, and go on working: it may use [CalendarTool], and from
// everywhere, as calendar programs read from networks that nobody foresees.
func ServesCalendars(k *pierre.APIKey) bool {
	r := k.InForce()
	return pierre.MayUse(r.Tools, CalendarTool) && r.Networks == nil
}

// Calendars verify the secret addresses under which calendar programs read what is planned. It is safe for concurrent use.
type Calendars struct {
	store  CalendarStore
	now    func() time.Time
	opts   CalendarOptions
	failed failures
	reads  reads
}

// NewCalendars returns the calendars in the store.
func NewCalendars(store CalendarStore, now func() time.Time, opts CalendarOptions) *Calendars {
	return &Calendars{store: store, now: now, opts: opts}
}

// Verify returns whose calendar is read with the token, which is noted. An unknown one is a [pierre.KindNotFound] error, or
// [pierre.KindRateLimited] if too many came from the same client (see [WithClient]), as a good one is that is read too often.
func (c *Calendars) Verify(ctx context.Context, text string) (pierre.CalendarReader, error) {
	now := c.now()
	found, err := c.find(ctx, now, text)
	if err != nil {
		if err = c.failed.check(ctx, now, text, err); pierre.KindOf(err) == pierre.KindUnauthenticated {
			err = &pierre.Error{
				Kind: pierre.KindNotFound, Err: err,
				Msg: `There is no calendar at this address: it is not complete, or another one was made since, or it was ended. "mcp-client calendar --subscribe" makes a new one.`,
			}
		}
		return pierre.CalendarReader{}, err
	}
	if err := c.reads.count(found.UserID, now); err != nil {
		return pierre.CalendarReader{}, err
	}
	return found, c.store.NoteCalendarRead(ctx, found, now)
}

func (c *Calendars) find(ctx context.Context, now time.Time, text string) (pierre.CalendarReader, error) {
	unknown := refuse("This calendar is not known, or no key of its owner may read it.")
	token, ok := ParseToken(CalendarToken, text)
	if !ok {
		return pierre.CalendarReader{}, unknown
	}
	giveBack, err := c.failed.admit(ctx, now, text)
	if err != nil {
		return pierre.CalendarReader{}, err
	}
	found, err := c.store.CalendarReader(ctx, token.Hash(), now, ServesCalendars)
	if pierre.KindOf(err) == pierre.KindNotFound || err == nil && !found.HasKey && !c.opts.NoKeys {
		return pierre.CalendarReader{}, unknown
	}
	if err != nil {
		return pierre.CalendarReader{}, err
	}
	giveBack()
	return found, nil
}

const (
	readsWindow = time.Hour
	maxReads    = 120     // of a calendar in a window: ten devices that ask every five minutes
	maxReaders  = 1 << 16 // calendars that are counted at a time
)

// reads counts how often each calendar was read in the last hour, by users.
type reads struct {
	mu    sync.Mutex
	until time.Time // the end of the window
	of    map[pierre.UserID]int
}

func (r *reads) count(user pierre.UserID, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.until) || r.of == nil {
		r.until, r.of = now.Add(readsWindow), map[pierre.UserID]int{}
	}
	n, counted := r.of[user]
	if n >= maxReads {
		wait := r.until.Sub(now)
		e := refuse("This calendar was read %d times in an hour; try again in %d seconds.", n, int(math.Ceil(wait.Seconds())))
		e.Kind, e.RetryAfter = pierre.KindRateLimited, wait
		return e
	}
	if counted || len(r.of) < maxReaders {
		r.of[user] = n + 1
	}
	return nil
}
