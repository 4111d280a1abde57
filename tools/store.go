package tools

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Store is the athletes' data as the tools need it. Another user's data is "not found" to it.
type Store interface {
	ActivityStore
	ProfileStore
	DigestStore
}

// An ActivityStore reads activities.
type ActivityStore interface {
	Activities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (pierre.ActivityPage, error)
	Activity(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Activity, error)
	Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error)
	Sources(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.Source, error)
	ProviderSummaries(ctx context.Context, user pierre.UserID) ([]pierre.ProviderSummary, error)
}

// A ProfileStore reads and changes what is known about an athlete, from the athlete or from imported files.
type ProfileStore interface {
	Profile(ctx context.Context, user pierre.UserID) (pierre.Profile, error)
	ImportedFields(ctx context.Context, user pierre.UserID) ([]string, error) // of the profile, by their JSON names
	UpdateProfile(ctx context.Context, user pierre.UserID, now time.Time, change func(*pierre.Profile) error) (pierre.Profile, error)
}

// A DigestStore keeps what the tools computed of an activity's samples, until its sources change.
type DigestStore interface {
	Digests(ctx context.Context, user pierre.UserID, version int, since time.Time) (map[pierre.ActivityID]pierre.Digest, error)
	SaveDigests(ctx context.Context, user pierre.UserID, version int, digests map[pierre.ActivityID]pierre.Digest) error
}
