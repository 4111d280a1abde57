package training

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// pageOfDigests activities are read at a time, and what is fresh among them is kept: memory does not grow with an
// athlete's history, other users' questions come between, and a client that gives up does not lose all.
const pageOfDigests = 200

// each calls use with the user's activities that match q and their digests. Digests that are not there yet are
// computed and kept, which takes some milliseconds for each. One question may only look at so many recordings: if that
// is not enough, the next one goes on where it ended.
func (s *Service) each(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, use func(pierre.Activity, digest)) error {
	q.Limit = pageOfDigests
	work := s.budget
	for {
		page, err := s.data.DigestedActivities(ctx, user, digestVersion, q)
		if err != nil {
			return err
		}
		err = s.usePage(ctx, user, page, &work, use)
		if err != nil || page.NextCursor == "" {
			return err
		}
		q.Cursor = page.NextCursor
	}
}

func (s *Service) usePage(
	ctx context.Context, user pierre.UserID, page pierre.DigestPage, work *Options, use func(pierre.Activity, digest),
) error {
	fresh := map[pierre.ActivityID]pierre.Digest{}
	defer func() { s.saveDigests(context.WithoutCancel(ctx), user, fresh) }()
	for _, a := range page.Activities {
		var d digest
		err := ctx.Err()
		switch {
		case err != nil:
		case a.Data != nil:
			err = json.Unmarshal(a.Data, &d)
		default:
			if d, err = s.freshDigest(ctx, user, a.ID, work); err == nil {
				a.Data, err = json.Marshal(d)
				fresh[a.ID] = a.Digest
			}
		}
		if pierre.KindOf(err) == pierre.KindNotFound {
			continue // merged into another activity meanwhile
		}
		if err != nil {
			return fmt.Errorf("making the digest of %s: %w", a.ID, err)
		}
		use(a.Activity, d)
	}
	return nil
}

// saveDigests keeps what can be computed again, so a failure only costs time.
func (s *Service) saveDigests(ctx context.Context, user pierre.UserID, fresh map[pierre.ActivityID]pierre.Digest) {
	if len(fresh) == 0 {
		return
	}
	if err := s.data.SaveDigests(ctx, user, digestVersion, fresh); err != nil {
		s.log.WarnContext(ctx, "digests not kept", "count", len(fresh), "err", err)
	}
}

// freshDigest looks at a recording for the first time, if the work is still in bounds.
func (s *Service) freshDigest(ctx context.Context, user pierre.UserID, id pierre.ActivityID, work *Options) (digest, error) {
	if work.Recordings <= 0 || work.Samples <= 0 {
		return digest{}, &pierre.Error{
			Kind: pierre.KindUnavailable,
			Msg: fmt.Sprintf("Each recording has to be looked at once before questions about many of them can be answered. "+
				"%s were looked at now, and more are left: call the tool again to go on.", human.Plural(s.budget.Recordings-work.Recordings, "recording")),
		}
	}
	rec, err := s.data.Recording(ctx, user, id)
	if err != nil {
		return digest{}, err
	}
	work.Recordings--
	work.Samples -= len(rec.Series.Time)
	return newDigest(rec), nil
}
