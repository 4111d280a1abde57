package training

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// savedAtOnce is how many digests are kept in one transaction: other writers come between, and a client that gives up does
// not lose all.
const savedAtOnce = 32

// each calls use with the user's activities that match q by source, sport and time, and their digests. Digests that are not
// there yet, as import makes them, are computed and kept, which takes some milliseconds for each. One question may only look
// at so many recordings: if that is not enough, the next one goes on where it ended.
func (s *Service) each(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, use func(pierre.Activity, digest)) error {
	return s.eachWithin(ctx, user, q, making{left: s.budget}, use)
}

func (s *Service) eachWithin(
	ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, m making, use func(pierre.Activity, digest),
) (err error) {
	rows, err := s.rows(ctx, user, q)
	if err != nil {
		return err
	}
	m.fresh = map[pierre.ActivityID]pierre.Digest{}
	defer func() { err = firstOf(err, s.keep(context.WithoutCancel(ctx), user, m)) }()
	for _, r := range rows {
		d, err := s.digestOf(ctx, user, r, &m)
		if pierre.KindOf(err) == pierre.KindNotFound {
			continue // merged into another activity meanwhile
		}
		if err != nil {
			return fmt.Errorf("making the digest of %s: %w", r.ID, err)
		}
		use(r.Activity, d)
	}
	return nil
}

// A making is how digests are made that are not there yet.
type making struct {
	left  Options               // that may be looked at
	pause func(context.Context) // before each recording; may be nil
	must  bool                  // what cannot be kept ends it; else it only costs time, since it can be computed again
	fresh map[pierre.ActivityID]pierre.Digest
}

func unlimited() Options { return Options{Recordings: math.MaxInt, Samples: math.MaxInt} }

// digestOf returns the digest of a row, which is put into the fresh ones if it had none.
func (s *Service) digestOf(ctx context.Context, user pierre.UserID, r seasonRow, m *making) (digest, error) {
	if err := ctx.Err(); err != nil {
		return digest{}, err
	}
	if r.packed != nil {
		return decodeDigest(r.packed)
	}
	if m.left.Recordings <= 0 || m.left.Samples <= 0 {
		return digest{}, &pierre.Error{
			Kind: pierre.KindUnavailable,
			Msg: fmt.Sprintf("Each recording has to be looked at once before questions about many of them can be answered. "+
				"%s were looked at now, and more are left: call the tool again to go on.", human.Plural(s.budget.Recordings-m.left.Recordings, "recording")),
		}
	}
	if m.pause != nil {
		m.pause(ctx)
	}
	rec, err := s.data.Recording(ctx, user, r.ID)
	if err != nil {
		return digest{}, err
	}
	m.left.Recordings--
	m.left.Samples -= len(rec.Series.Time)
	d := digestedActivity{rec.Activity, newDigest(rec)}
	made := pierre.Digest{Stamp: r.stamp}
	made.Data, made.Detail = d.encode()
	if m.fresh[r.ID] = made; len(m.fresh) == savedAtOnce {
		err = s.keep(ctx, user, *m)
	}
	return d.digest, err
}

// keep saves the fresh digests, which it takes out.
func (s *Service) keep(ctx context.Context, user pierre.UserID, m making) error {
	if len(m.fresh) == 0 {
		return nil
	}
	err := s.data.SaveDigests(ctx, user, digestVersion, m.fresh)
	if err != nil && !m.must {
		s.log.WarnContext(ctx, "digests not kept", "count", len(m.fresh), "err", err)
		err = nil
	}
	clear(m.fresh)
	return err
}

// Digest computes and keeps the digests of activities that were just imported, so that the first question about them is as
// quick as the others. What it could not make or keep is left to [Service.DigestAll]: it fails only if ctx ended.
func (s *Service) Digest(ctx context.Context, user pierre.UserID, ids []pierre.ActivityID) error {
	stamps, err := s.data.DigestStamps(ctx, user, ids)
	if err != nil {
		s.later(ctx, err)
		return ctx.Err()
	}
	m := making{left: unlimited(), must: true, fresh: map[pierre.ActivityID]pierre.Digest{}}
	for _, id := range ids {
		stamp, ok := stamps[id]
		if !ok {
			continue // merged into another activity meanwhile
		}
		row := seasonRow{Activity: pierre.Activity{ID: id}, stamp: stamp}
		_, err := s.digestOf(ctx, user, row, &m)
		if ctx.Err() != nil {
			break
		}
		if pierre.KindOf(err) != pierre.KindNotFound && err != nil {
			s.later(ctx, fmt.Errorf("making the digest of %s: %w", id, err))
		}
	}
	if err := s.keep(ctx, user, m); err != nil {
		s.later(ctx, err)
	}
	return ctx.Err()
}

// Digested brings up to date what the store keeps besides a user's activities, after an import of which all was digested. If
// others of the user's activities lack a digest, this is left to [Service.DigestAll], too: it fails only if ctx ended.
func (s *Service) Digested(ctx context.Context, user pierre.UserID) error {
	if err := s.complete(ctx, user, making{}); err != nil {
		s.later(ctx, err)
	}
	return ctx.Err()
}

// later notes what is left to [Service.DigestAll].
func (s *Service) later(ctx context.Context, err error) {
	s.log.InfoContext(ctx, "digests are left to the job", "err", err)
}

// complete completes the digests of a user as m says, and brings up to date what the store keeps besides the
// activities.
func (s *Service) complete(ctx context.Context, user pierre.UserID, m making) error {
	revision, err := s.data.ActivityRevision(ctx, user)
	if err != nil {
		return err
	}
	m.must = true
	if err := s.eachWithin(ctx, user, pierre.ActivityQuery{}, m, func(pierre.Activity, digest) {}); err != nil {
		return err
	}
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return err
	}
	return s.data.Digested(ctx, user, digestVersion, revision, clock.Zone)
}

// usersAtOnce is how many users' digests one run of [Service.DigestAll] completes.
const usersAtOnce = 100

// DigestAll completes the digests of all users that lack some, of the activities that count, until ctx ends. pause is called
// before each recording that it looks at, and may wait to let other work go first.
func (s *Service) DigestAll(ctx context.Context, pause func(context.Context)) error {
	for {
		users, err := s.data.Undigested(ctx, digestVersion, usersAtOnce)
		if err != nil || len(users) == 0 {
			return err
		}
		var failed []error
		for _, u := range users {
			err := s.data.SettleActivities(ctx, u)
			if err == nil {
				err = s.complete(ctx, u, making{left: unlimited(), pause: pause})
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("making the digests of a user: %w", err))
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if len(failed) > 0 || len(users) < usersAtOnce {
			return errors.Join(failed...) // those that failed come first again, with the next run
		}
	}
}
