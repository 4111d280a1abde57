package pierre

import "time"

// An ActivitySum adds up a user's activities of one sport. What none of them recorded is nil.
type ActivitySum struct {
	Sport         Sport
	Activities    int
	Totals                   // only those of [Totals.Sums]
	Recorded      []int      // how many activities recorded each of Totals.Sums; nil: none did
	LongestMeters *float64   // the greatest distance of one activity
	Longest       ActivityID // the newest of those of that distance
}

// Add adds the activities of o, of any sport, to what s counts and adds up; the longest one stays.
func (s *ActivitySum) Add(o ActivitySum) {
	from := o.Sums()
	if s.Recorded == nil {
		s.Recorded = make([]int, len(from))
	}
	s.Activities += o.Activities
	for i, total := range s.Sums() {
		if i < len(o.Recorded) {
			s.Recorded[i] += o.Recorded[i]
		}
		switch more := *from[i].Value; {
		case more == nil:
		case *total.Value == nil:
			*total.Value = new(*more)
		default:
			*total.Value = new(**total.Value + *more)
		}
	}
}

// A GroupSum adds up a user's activities of one group of days, of all sports together and without the longest.
type GroupSum struct {
	Start time.Time // its first day, midnight UTC
	ActivitySum
}

// A Grouping is what days are put together in.
type Grouping string

// The groupings.
const (
	ByDay   Grouping = "day"
	ByWeek  Grouping = "week" // from Monday
	ByMonth Grouping = "month"
	ByYear  Grouping = "year"
)

// Groupings lists the groupings.
func Groupings() []Grouping { return []Grouping{ByDay, ByWeek, ByMonth, ByYear} }

// Start returns the first day of the group that a day, midnight UTC, belongs to.
func (g Grouping) Start(day time.Time) time.Time {
	switch g {
	case ByWeek:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case ByMonth:
		return day.AddDate(0, 0, 1-day.Day())
	case ByYear:
		return time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case ByDay:
	}
	return day
}

// Add returns the first day of the group that is n groups after the one that begins on start.
func (g Grouping) Add(start time.Time, n int) time.Time {
	switch g {
	case ByWeek:
		return start.AddDate(0, 0, 7*n)
	case ByMonth:
		return start.AddDate(0, n, 0)
	case ByYear:
		return start.AddDate(n, 0, 0)
	case ByDay:
	}
	return start.AddDate(0, 0, n)
}
