package training

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A RecordKind says what a record is of.
type RecordKind string

// The kinds.
const (
	RecordPower     RecordKind = "power"            // the highest mean, over a time, W
	RecordPace      RecordKind = "pace"             // the fewest seconds, over a distance
	RecordFarthest  RecordKind = "farthest"         // the most metres, in a time
	RecordHeartRate RecordKind = "heart_rate"       // the highest mean, over a time, bpm
	RecordLongest   RecordKind = "longest_distance" // m
	RecordLengthy   RecordKind = "longest_duration" // s
	RecordAscent    RecordKind = "most_ascent"      // m
	RecordClimb     RecordKind = "highest_climb"    // m
	RecordVAM       RecordKind = "fastest_climb"    // vertical m/h
)

// RecordKinds lists the kinds.
func RecordKinds() []RecordKind {
	return []RecordKind{
		RecordPower, RecordPace, RecordFarthest, RecordHeartRate, RecordLongest, RecordLengthy, RecordAscent, RecordClimb, RecordVAM,
	}
}

// Method says how records of a kind are found.
func (k RecordKind) Method() fitness.Method {
	switch k {
	case RecordPower:
		return fitness.MethodMeanMaxPower
	case RecordPace:
		return fitness.MethodBestEffort
	case RecordFarthest:
		return fitness.MethodFarthest
	case RecordHeartRate:
		return fitness.MethodMeanMaxHeart
	case RecordAscent:
		return fitness.MethodAscent
	case RecordClimb, RecordVAM:
		return fitness.MethodClimbs
	default:
		return "totals as recorded (arithmetic)"
	}
}

// fewer reports whether less is better.
func (k RecordKind) fewer() bool { return k == RecordPace }

// Days are from one of the athlete's days to another, both included, as midnight UTC. A zero day is open.
type Days struct{ From, To time.Time }

// has reports whether a day is among them.
func (d Days) has(day time.Time) bool {
	return !day.Before(d.From) && (d.To.IsZero() || !day.After(d.To))
}

// A BestsQuery says which records are wanted.
type BestsQuery struct {
	Sport    pierre.Sport // and all that are compared with it; "": those with the most activities in the period
	From     pierre.Provider
	Period   Days
	Compared *Days // another period
}

// Bests are an athlete's records in a period.
type Bests struct {
	Clock      Clock
	Sports     []pierre.Sport
	Activities int // in the period
	Impossible int // activities of the period of which something is left out because nobody is that strong or fast
	Records    []BestRecord
}

// A BestRecord is the best of a period.
type BestRecord struct {
	Kind   RecordKind
	Length float64 // seconds or metres; 0: there is none
	Best
	Weight   Input // of the athlete on the day of a power, without a value if it is not known
	Compared *Best // of the other period
	AllTime  Best
}

// IsAllTime reports whether the record of the period is the best ever.
func (r BestRecord) IsAllTime() bool { return r.Value == r.AllTime.Value }

// A Best is a value, and who has it.
type Best struct {
	Value    float64
	Activity pierre.ActivityID
	Day      time.Time
}

// Bests returns the user's records.
func (s *Service) Bests(ctx context.Context, user pierre.UserID, q BestsQuery) (Bests, error) {
	past, err := s.past(ctx, user)
	if err != nil {
		return Bests{}, err
	}
	clock := past.clock
	q.Period.To = clock.until(q.Period.To) // what is later is a wrong clock
	season, err := s.season(ctx, user)
	if err != nil {
		return Bests{}, err
	}
	if q.Sport == "" {
		q.Sport = mostFrequent(season, clock, q.Period)
	}
	b := &bester{Bests: Bests{Clock: clock, Sports: kindOf(q.Sport)}, query: q, found: map[recordKey]*foundBests{}}
	err = s.each(ctx, user, pierre.ActivityQuery{Sports: b.Sports, Providers: providers(q.From), Ascending: true}, b.add)
	if err != nil {
		return Bests{}, err
	}
	return b.finish(past.weight), nil
}

// mostFrequent returns the sport of the kind that most activities of the days are of.
func mostFrequent(all *season, clock Clock, days Days) pierre.Sport {
	counts, most := map[pierre.Sport]int{}, pierre.SportRun
	for _, a := range all.all {
		if days.has(clock.DayOf(a.Activity)) {
			first := kindOf(a.Sport)[0]
			if counts[first]++; counts[first] > counts[most] {
				most = first
			}
		}
	}
	return most
}

type recordKey struct {
	kind   RecordKind
	length float64
}

// A foundBests is what was found for a key.
type foundBests struct{ period, compared, ever *Best }

// A bester goes through the activities once.
type bester struct {
	Bests

	query BestsQuery
	found map[recordKey]*foundBests
}

func (b *bester) add(a pierre.Activity, d digest) {
	day := b.Clock.DayOf(a)
	if day.After(b.Clock.Today()) {
		return
	}
	within := b.query.Period.has(day)
	values, whole := candidates(a, d)
	if within {
		b.Activities++
		if !whole {
			b.Impossible++
		}
	}
	for _, v := range values {
		of := b.found[v.recordKey]
		if of == nil {
			of = &foundBests{}
			b.found[v.recordKey] = of
		}
		one := Best{v.value, a.ID, day}
		improve(&of.ever, one, v.kind)
		if within {
			improve(&of.period, one, v.kind)
		}
		if c := b.query.Compared; c != nil && c.has(day) {
			improve(&of.compared, one, v.kind)
		}
	}
}

// improve puts one in the place of a worse record; of equal ones the first stays.
func improve(best **Best, one Best, kind RecordKind) {
	if *best == nil || kind.fewer() && one.Value < (*best).Value || !kind.fewer() && one.Value > (*best).Value {
		*best = &one
	}
}

func (b *bester) finish(weight func(day time.Time) quantity) Bests {
	for k, of := range b.found {
		if of.period == nil {
			continue
		}
		r := BestRecord{Kind: k.kind, Length: k.length, Best: *of.period, Compared: of.compared, AllTime: *of.ever}
		if k.kind == RecordPower {
			r.Weight = weight(r.Day).inputIfKnown()
		}
		b.Records = append(b.Records, r)
	}
	order := RecordKinds()
	slices.SortFunc(b.Records, func(x, y BestRecord) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)), cmp.Compare(x.Length, y.Length))
	})
	return b.Bests
}
