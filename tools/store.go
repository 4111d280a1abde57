package tools

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Store is the athletes' data as the tools need it. Another user's data is "not found" to it.
type Store interface {
	ActivityStore
	SumStore
	ProfileStore
	DecisionStore
	AnnotationStore
	PlanStore
}

// A PlanStore keeps what athletes want to reach, and to do.
type PlanStore interface {
	GoalStore
	WorkoutStore
}

// A GoalStore keeps goals.
type GoalStore interface {
	Goals(ctx context.Context, user pierre.UserID) ([]pierre.Goal, error)
	AddGoal(ctx context.Context, user pierre.UserID, now time.Time, g pierre.Goal) (pierre.Goal, error)
	UpdateGoal(ctx context.Context, user pierre.UserID, id pierre.GoalID, now time.Time, change func(*pierre.Goal) error) (pierre.Goal, error)
	DeleteGoal(ctx context.Context, user pierre.UserID, id pierre.GoalID) error
}

// A SumStore adds up activities.
type SumStore interface {
	GearStore
	SumActivities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) ([]pierre.ActivitySum, error)
	SumActivityGroups(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, by pierre.Grouping) ([]pierre.GroupSum, error)
	FirstActivityDay(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (time.Time, error)
}

// An ActivityStore reads activities.
type ActivityStore interface {
	Activities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (pierre.ActivityPage, error)
	Activity(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Activity, error)
	Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error)
	Sources(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.Source, error)
	ProviderSummaries(ctx context.Context, user pierre.UserID) ([]pierre.ProviderSummary, error)
}

// A ProfileStore reads and changes what is known about an athlete.
type ProfileStore interface {
	Profile(ctx context.Context, user pierre.UserID) (pierre.Profile, error)
	UpdateProfile(ctx context.Context, user pierre.UserID, now time.Time, change func(*pierre.ProfileRecord) error) (pierre.ProfileRecord, error)
}
