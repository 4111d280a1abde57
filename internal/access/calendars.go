package access

import (
	"context"
	"log/slog"
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
	Log    *slog.Logger // nil: no log
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
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
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
	c.reads.count(found.Token, now)
	if err := c.store.NoteCalendarRead(ctx, found, now); err != nil { // the calendar is worth more than the note
		c.opts.Log.WarnContext(ctx, "it could not be noted that a calendar was read", slog.String("user_id", string(found.UserID)), slog.Any("err", err))
	}
	return found, nil
}

func (c *Calendars) find(ctx context.Context, now time.Time, text string) (pierre.CalendarReader, error) {
	unknown := refuse("This calendar is not known, or no key of its owner may read it.")
	token, ok := ParseToken(CalendarToken, text)
	if !ok {
		return pierre.CalendarReader{}, unknown
	}
	if err := c.reads.admit(token.Hash(), now); err != nil {
		return pierre.CalendarReader{}, err
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

// reads counts how often each calendar was read in the last hour, by the hash of its token: one that is read too often is refused
// without a question to the store.
type reads struct {
	mu    sync.Mutex
	until time.Time // the end of the window
	of    map[[32]byte]int
}

// admit refuses a calendar that was read too often.
func (r *reads) admit(token [32]byte, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.of[token]
	if n < maxReads || !now.Before(r.until) {
		return nil
	}
	wait := r.until.Sub(now)
	e := refuse("This calendar was read %d times in an hour; try again in %d seconds.", n, int(math.Ceil(wait.Seconds())))
	e.Kind, e.RetryAfter = pierre.KindRateLimited, wait
	return e
}

// count counts a reading of a calendar that there is: tokens that somebody made up take no room.
func (r *reads) count(token [32]byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.until) || r.of == nil {
		r.until, r.of = now.Add(readsWindow), map[[32]byte]int{}
	}
	if n, counted := r.of[token]; counted || len(r.of) < maxReaders {
		r.of[token] = n + 1
	}
}
