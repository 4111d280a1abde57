// Package training answers what is asked of an athlete's history: the load of each activity, fitness and form
// day by day, the fastest stretches, critical power, predictions, and the analysis of one activity.
//
// It joins the formulas of package fitness with the user's activities and profile. It words nothing: its callers
// (the tools, and whatever shows charts) choose units, digits and sentences. It declares what it needs of a
// store and does not know which one it is.
package training

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Store is the athletes' data as this package needs it. Another user's data is "not found" to it.
type Store interface {
	ActivityStore
	ProfileStore
	DigestStore
	SumStore
	WellnessStore
}

// An ActivityStore reads activities.
type ActivityStore interface {
	Activities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (pierre.ActivityPage, error)
	Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error)
}

// A ProfileStore reads what is known about an athlete.
type ProfileStore interface {
	Profile(ctx context.Context, user pierre.UserID) (pierre.Profile, error)
	ProfileRecord(ctx context.Context, user pierre.UserID) (pierre.ProfileRecord, error)
}

// A DigestStore keeps what was computed of an activity's samples, until its sources change.
type DigestStore interface {
	DigestReader
	DigestWriter
}

// A DigestReader reads what is kept of samples.
type DigestReader interface {
	// ActivityState names the state of a user's activities, which is another one after each change.
	ActivityState(ctx context.Context, user pierre.UserID) (string, error)
	// DigestedActivities returns all of a user's activities with their digests, the oldest first.
	DigestedActivities(ctx context.Context, user pierre.UserID, version int) ([]pierre.DigestedActivity, error)
	// DigestDetails returns the details of those that start in [after, before).
	DigestDetails(ctx context.Context, user pierre.UserID, version int, after, before time.Time) (map[pierre.ActivityID][]byte, error)
	// ActivitiesFrom returns which activities have a source of a provider.
	ActivitiesFrom(ctx context.Context, user pierre.UserID, from pierre.Provider) (map[pierre.ActivityID]bool, error)
}

// A DigestWriter keeps digests, and who lacks some.
type DigestWriter interface {
	DigestStamps(ctx context.Context, user pierre.UserID, ids []pierre.ActivityID) (map[pierre.ActivityID]string, error)
	SaveDigests(ctx context.Context, user pierre.UserID, version int, digests map[pierre.ActivityID]pierre.Digest) error
	ActivityRevision(ctx context.Context, user pierre.UserID) (int64, error)
	Digested(ctx context.Context, user pierre.UserID, version int, revision int64, zone *time.Location) error
	Undigested(ctx context.Context, version, most int) ([]pierre.UserID, error)
	SettleActivities(ctx context.Context, user pierre.UserID) error
}

// A Service answers questions about the athletes of one store.
type Service struct {
	data   Store
	now    func() time.Time
	log    *slog.Logger
	budget Options

	seasons  recent[*season]
	measured recent[*measurements]
}

// Options bound what one question may cost. The zero value takes the defaults.
type Options struct {
	Recordings int // that are looked at for the first time; default 5000
	Samples    int // that these may have together; default 20 million
}

// New returns a service over data. What it could not keep, and can compute again, goes to log.
func New(data Store, now func() time.Time, log *slog.Logger, o Options) *Service {
	o.Recordings, o.Samples = cmp.Or(o.Recordings, 5000), cmp.Or(o.Samples, 20_000_000)
	return &Service{
		data: data, now: now, log: log, budget: o,
		seasons: recent[*season]{most: mostKept}, measured: recent[*measurements]{most: mostMeasured},
	}
}

// Clock returns the clock that the user's days are counted by.
func (s *Service) Clock(ctx context.Context, user pierre.UserID) (Clock, error) {
	p, err := s.data.Profile(ctx, user)
	if err != nil {
		return Clock{}, err
	}
	return s.clock(ctx, user, p)
}

// providers returns the condition of a query for one source, or for none if it is "".
func providers(from pierre.Provider) []pierre.Provider {
	if from == "" {
		return nil
	}
	return []pierre.Provider{from}
}
