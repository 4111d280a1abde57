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
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return Bests{}, err
	}
	if q.Period.To.IsZero() || q.Period.To.After(clock.Today()) {
		q.Period.To = clock.Today() // what is later is a wrong clock
	}
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
	return b.finish(), nil
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

func (b *bester) finish() Bests {
	for k, of := range b.found {
		if of.period != nil {
			b.Records = append(b.Records, BestRecord{Kind: k.kind, Length: k.length, Best: *of.period, Compared: of.compared, AllTime: *of.ever})
		}
	}
	order := RecordKinds()
	slices.SortFunc(b.Records, func(x, y BestRecord) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)), cmp.Compare(x.Length, y.Length))
	})
	return b.Bests
}

// A candidate is a value that may be a record.
type candidate struct {
	recordKey

	value float64
}

// candidates returns what an activity may have records of. Of what holds a value beyond human limits nothing counts, since
// its sensor failed; then whole is false.
func candidates(a pierre.Activity, d digest) (values []candidate, whole bool) {
	whole = true
	take := func(some []candidate, possible bool) {
		if possible {
			values = append(values, some...)
		} else {
			whole = false
		}
	}
	if a.Sport.IsRide() {
		take(powerCandidates(d))
	}
	take(paceCandidates(a, d))
	take(heartCandidates(d))
	take(climbCandidates(d))
	take(totalCandidates(a))
	return values, whole
}

// powerRecordSeconds are those lengths of the power curve that records are kept of.
func powerRecordSeconds() []float64 {
	return []float64{5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18_000}
}

func powerCandidates(d digest) (values []candidate, possible bool) {
	if d.Power == nil {
		return nil, true
	}
	for _, e := range d.Power.Best {
		if e.Watts > mostOver(humanPower(), e.Seconds) {
			return nil, false
		}
		if slices.Contains(powerRecordSeconds(), e.Seconds) && e.Watts > 0 {
			values = append(values, candidate{recordKey{RecordPower, e.Seconds}, e.Watts})
		}
	}
	return values, true
}

func paceCandidates(a pierre.Activity, d digest) (values []candidate, possible bool) {
	limits := humanSpeed(a.Sport)
	for _, e := range slices.Concat(d.Efforts, d.Fast) {
		if e.Seconds <= 0 || e.Meters/e.Seconds > mostOver(limits, e.Seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{RecordPace, e.Meters}, e.Seconds})
	}
	for _, e := range d.Far {
		if e.Meters/e.Seconds > mostOver(limits, e.Seconds) {
			return nil, false
		}
		if slices.Contains([]float64{720, 1800, 3600, 10_800}, e.Seconds) {
			values = append(values, candidate{recordKey{RecordFarthest, e.Seconds}, e.Meters})
		}
	}
	return values, true
}

func heartCandidates(d digest) (values []candidate, possible bool) {
	const highest = 225 // bpm, held for a minute: beyond what is seen in adults and children
	for _, e := range d.HeartBest {
		if e.BPM > highest {
			return nil, false
		}
		if slices.Contains([]float64{60, 300, 1200, 3600}, e.Seconds) {
			values = append(values, candidate{recordKey{RecordHeartRate, e.Seconds}, e.BPM})
		}
	}
	return values, true
}

// leastGain is how high a climb must be for its vertical speed to count, in m.
const leastGain = 100

func climbCandidates(d digest) (values []candidate, possible bool) {
	for _, c := range d.Climbs {
		if c.VAM() > mostOver(humanVAM(), c.Seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{kind: RecordClimb}, c.GainMeters})
		if c.GainMeters >= leastGain {
			values = append(values, candidate{recordKey{kind: RecordVAM}, c.VAM()})
		}
	}
	return values, true
}

func totalCandidates(a pierre.Activity) (values []candidate, possible bool) {
	seconds := 0.0
	if a.DurationSeconds != nil && *a.DurationSeconds > 0 {
		seconds = *a.DurationSeconds
		values = append(values, candidate{recordKey{kind: RecordLengthy}, seconds})
	}
	if m := a.DistanceMeters; m != nil && *m > 0 {
		if seconds > 0 && *m/seconds > mostOver(humanSpeed(a.Sport), seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{kind: RecordLongest}, *m})
	}
	if m := a.ElevationGainMeters; m != nil && *m > 0 {
		if (a.Sport.IsRide() || a.Sport.OnFoot()) && seconds > 0 && 3600**m/seconds > mostOver(humanVAM(), seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{kind: RecordAscent}, *m})
	}
	return values, true
}

// A bound is the most that anyone has done over a time in seconds, and some percent more.
type bound struct{ seconds, most float64 }

// mostOver returns the bound of the longest of the times that is not longer than seconds.
func mostOver(bounds []bound, seconds float64) float64 {
	most := bounds[0].most
	for _, b := range bounds {
		if seconds >= b.seconds {
			most = b.most
		}
	}
	return most
}

// humanPower bounds the mean power in W: sprinters on the track and the winners of grand tours.
func humanPower() []bound {
	return []bound{{0, 2700}, {5, 2300}, {15, 1800}, {30, 1400}, {60, 1100}, {120, 850}, {180, 750}, {300, 680}, {600, 600}, {1200, 540}, {1800, 520}, {3600, 490}, {7200, 450}}
}

// humanSpeed bounds the mean speed in m/s by the world records; cyclists also roll downhill.
func humanSpeed(s pierre.Sport) []bound {
	switch {
	case s.IsRun() || s.OnFoot():
		return []bound{{0, 10.5}, {40, 9.5}, {95, 8.1}, {200, 7.4}, {700, 6.8}, {1500, 6.5}, {3400, 6.3}, {7000, 6.0}, {12_000, 5.3}}
	case s == pierre.SportSwim:
		return []bound{{0, 2.4}, {45, 2.2}, {95, 2.0}, {200, 1.9}, {800, 1.8}, {3000, 1.7}}
	case s.IsRide():
		return []bound{{0, 40}, {60, 30}, {600, 22}, {3600, 17}}
	}
	return []bound{{0, 70}}
}

// humanVAM bounds the vertical speed in m/h: sprints up stairs, the vertical kilometre, the hour.
func humanVAM() []bound {
	return []bound{{0, 4000}, {120, 3000}, {600, 2300}, {1500, 2150}, {3600, 1900}}
}
