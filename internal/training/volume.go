package training

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A SumStore adds up activities.
type SumStore interface {
	SumActivityGroups(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, by pierre.Grouping) ([]pierre.GroupSum, error)
}

// An asking is about one user's activities, of one source or of all.
type asking struct {
	user  pierre.UserID
	from  pierre.Provider
	clock Clock
}

// asking returns the user with the clock.
func (s *Service) asking(ctx context.Context, user pierre.UserID, from pierre.Provider) (asking, error) {
	clock, err := s.Clock(ctx, user)
	return asking{user, from, clock}, err
}

// A Volume is how much was trained.
type Volume struct {
	Activities int
	Meters     float64 // of those that recorded it, as is the time
	Seconds    float64
}

func (v *Volume) add(o Volume) {
	v.Activities += o.Activities
	v.Meters += o.Meters
	v.Seconds += o.Seconds
}

// volumes returns how much was trained on each of the days from one to another, both included. The sports are those that
// are compared with the given one, or all if it is "".
func (s *Service) volumes(ctx context.Context, of asking, sport pierre.Sport, from, to time.Time) ([]Volume, error) {
	q := pierre.ActivityQuery{Providers: providers(of.from), Days: pierre.LocalDays{From: from, To: to, Zone: of.clock.Zone}}
	if sport != "" {
		q.Sports = kindOf(sport)
	}
	sums, err := s.data.SumActivityGroups(ctx, of.user, q, pierre.ByDay)
	if err != nil {
		return nil, err
	}
	days := make([]Volume, max(0, daysBetween(from, to)+1))
	for _, d := range sums {
		at := daysBetween(from, d.Start)
		if at < 0 || at >= len(days) {
			continue
		}
		v := Volume{Activities: d.Activities}
		if d.DistanceMeters != nil {
			v.Meters = *d.DistanceMeters
		}
		if d.DurationSeconds != nil {
			v.Seconds = *d.DurationSeconds
		}
		days[at].add(v)
	}
	return days, nil
}

// begin returns the first of some days from which on the athlete's training is known: that of the first activity, if the
// history only begins among them. What is before it does not count as days without training.
func (s *Service) begin(ctx context.Context, of asking, sport pierre.Sport, from, to time.Time) (time.Time, error) {
	q := pierre.ActivityQuery{Providers: providers(of.from), After: from.AddDate(0, 0, -historyDays), Ascending: true}
	if sport != "" {
		q.Sports = kindOf(sport)
	}
	rows, err := s.rows(ctx, of.user, q)
	switch {
	case err != nil:
		return from, err
	case len(rows) == 0 || of.clock.DayOf(rows[0].Activity).After(to):
		return to.AddDate(0, 0, 1), nil
	case of.clock.DayOf(rows[0].Activity).Before(from):
		return from, nil
	}
	return of.clock.DayOf(rows[0].Activity), nil
}

func total(days []Volume) Volume {
	var sum Volume
	for _, d := range days {
		sum.add(d)
	}
	return sum
}

// weeksOf sums up whole weeks of seven days; what is left at the beginning is left out.
func weeksOf(days []Volume) []Volume {
	days = days[len(days)%7:]
	weeks := make([]Volume, len(days)/7)
	for i := range weeks {
		weeks[i] = total(days[7*i : 7*i+7])
	}
	return weeks
}

// Monday returns the Monday of the week of a day.
func Monday(day time.Time) time.Time { return pierre.ByWeek.Start(day) }
