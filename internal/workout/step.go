package workout

import (
	"math"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// kindWords are the words for a kind of step.
type kindWords struct {
	kind  pierre.StepKind
	words []string
}

// kinds are the words for what a step is for.
func kinds() []kindWords {
	return []kindWords{
		{pierre.StepWarmUp, []string{"warm-up", "warm up", "warmup", "wu"}},
		{pierre.StepCoolDown, []string{"cool-down", "cool down", "cooldown", "cd"}},
		{pierre.StepRecovery, []string{"active recovery", "recovery", "recover", "easy", "jogging", "jog", "float"}},
		{pierre.StepRest, []string{"rest", "pause", "standing"}},
		{pierre.StepWork, []string{"work", "active", "intervals", "interval", "hard", "effort", "run", "ride", "bike", "swim", "steady"}},
	}
}

// noise are words that may stand in a step and say nothing more.
func noise() []string {
	return []string{"@", "at", "in", "of", "for", "with", "about", "around", "target", "cadence", "hold", "each", "pace", "power", "heart rate", "hr", "-", ":", ".", "*", "•", "~"}
}

// vague are words that stand for other numbers with other athletes.
func vague() []string {
	return []string{"zone", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "tempo", "endurance", "sweet spot", "sweetspot", "threshold", "vo2max", "vo2", "moderate", "sprint", "max"}
}

// step reads one step. It returns false if it noted what is wrong.
func (r *reader) step(text string) (s pierre.WorkoutStep, ok bool) {
	before, rest := len(r.problems), text
	length := 0 // how many lengths there are
	for {
		if rest = strings.TrimLeft(rest, " "); rest == "" {
			break
		}
		if after, found := r.words(&s, &length, rest); found {
			rest = after
			continue
		}
		q, after, read := quantityOf(rest)
		if !read {
			r.unknown(rest)
			return s, false
		}
		rest = after
		if !r.take(&s, &length, q) {
			return s, false
		}
	}
	switch {
	case length == 0:
		r.wrong("%s has no length: add one such as 10min, 90s, 400 meters or 2km, or open if the athlete ends it by a button.", quote(text))
	case length > 1:
		r.wrong("%s has %d lengths: a step has one; put commas between steps.", quote(text), length)
	}
	return s, len(r.problems) == before
}

func (r *reader) unknown(rest string) {
	for _, word := range vague() {
		if _, ok := cutWord(rest, word); ok || word[0] == 'z' && strings.HasPrefix(rest, word) {
			r.wrong("%s is another number for every athlete: give a range, such as 56-75%% FTP, 80-90%% LTHR, 95-100%% threshold pace or rpe 3.", quote(rest))
			return
		}
	}
	if _, ok := cutWord(rest, "ramp"); ok {
		r.wrong("ramp is not needed: the range of a warmup or cooldown is a ramp where devices know ramps.")
		return
	}
	r.wrong("%s was not understood: a step is what it is for, its length and its target, such as %s.", quote(rest), Syntax)
}

// words reads a word that is no quantity.
func (r *reader) words(s *pierre.WorkoutStep, length *int, rest string) (string, bool) {
	for _, k := range kinds() {
		for _, word := range k.words {
			if after, ok := cutWord(rest, word); ok {
				if s.Kind == pierre.StepWork {
					s.Kind = k.kind
				}
				return after, true
			}
		}
	}
	for _, word := range []string{"until lap button", "until lap", "lap button", "open", "lap"} {
		if after, ok := cutWord(rest, word); ok {
			*length++
			return after, true
		}
	}
	for _, word := range noise() {
		if after, ok := cutWord(rest, word); ok {
			return after, true
		}
	}
	for _, named := range []struct {
		word string
		by   unit
	}{{"ftp", percentFTP}, {"threshold pace", percentPace}, {"threshold speed", percentPace}, {"css", percentPace}, {"lthr", percentLTHR}, {"threshold heart rate", percentLTHR}} {
		if after, ok := cutWord(rest, named.word); ok {
			return after, r.take(s, length, quantity{100, 100, named.by, false, named.word})
		}
	}
	return rest, false
}

// cutWord cuts a word off the beginning of text.
func cutWord(text, word string) (string, bool) {
	after, ok := strings.CutPrefix(text, word)
	if !ok || after != "" && isLetter(word[len(word)-1]) && (isLetter(after[0]) || isDigit(after[0])) {
		return text, false
	}
	return after, true
}

// take puts a quantity where it belongs. It returns false if it noted that it belongs nowhere.
func (r *reader) take(s *pierre.WorkoutStep, length *int, q quantity) bool {
	before := len(r.problems)
	switch q.unit {
	case seconds, meters, plainM, yards:
		r.length(s, q)
		*length++
	case rpm, spm:
		r.cadence(s, q)
	case none, clockOnly:
		r.unitMissing(q)
	default:
		r.target(s, q)
	}
	return len(r.problems) == before
}

func (r *reader) unitMissing(q quantity) {
	if q.unit == clockOnly {
		r.wrong("%s may be a length or a pace: write 4min30s, or 4:30/km.", quote(q.text))
		return
	}
	r.wrong("%s has no unit: write such as 10min, 90s, 400 meters, 250W, 105%% FTP, 150bpm, 4:30/km, rpe 7 or 90rpm.", quote(q.text))
}

func (r *reader) length(s *pierre.WorkoutStep, q quantity) {
	if q.low != q.high {
		r.wrong("%s: a length is one number, no range.", quote(q.text))
		return
	}
	most := maxMeters
	switch q.unit {
	case plainM:
		if r.sport != pierre.SportSwim && (r.sport.IsRide() || q.low < 100) {
			r.wrong("%s may be minutes or meters: write %smin or %s meters.", quote(q.text), number(q.low), number(q.low))
			return
		}
		s.Meters = q.low
	case meters, yards:
		s.Meters = q.low
	default:
		s.Seconds, most = math.Round(q.low), maxSeconds
	}
	if !(q.low >= 1 && q.low <= most) {
		r.wrong("%s: a step lasts 1 second to %.0f hours, or 1 to %.0f meters.", quote(q.text), maxSeconds/3600, maxMeters)
	}
}

func (r *reader) cadence(s *pierre.WorkoutStep, q quantity) {
	low, high := min(q.low, q.high), max(q.low, q.high)
	switch {
	case q.unit == spm && !r.sport.OnFoot():
		r.wrong("%s: spm is for running and walking; write rpm.", quote(q.text))
		return
	case q.unit == spm:
		low, high = low/2, high/2
	case r.sport.OnFoot() && high > 120:
		r.wrong("%s: on foot both feet are counted: write %sspm.", quote(q.text), number(q.low))
		return
	}
	if !isCadence(low, high) {
		r.wrong("%s: a cadence is %d to %d a minute.", quote(q.text), minCadence, maxCadence)
		return
	}
	if s.Cadence != nil {
		r.wrong("%s: a step has one cadence.", quote(q.text))
	}
	s.Cadence = &pierre.StepCadence{Low: low, High: high}
}

func (r *reader) target(s *pierre.WorkoutStep, q quantity) {
	t := pierre.StepTarget{Low: min(q.low, q.high), High: max(q.low, q.high)}
	if q.unit == percent {
		if !r.sport.IsRide() {
			r.wrong("%s of what? Write %% LTHR, %% HRmax or, for runs and swims, %% threshold pace.", quote(q.text))
			return
		}
		q.unit = percentFTP
	}
	at := slices.IndexFunc(targets(), func(k targetKind) bool { return k.unit == q.unit })
	k := targets()[at]
	t.By = k.by
	switch {
	case s.Target != nil:
		r.wrong("%s is a second target: devices take one for each step.", quote(q.text))
	case k.by == pierre.TargetPercentFTP && !suits(r.sport, k.by):
		r.wrong("%s: FTP is the threshold of cycling; give %% threshold pace, %% LTHR, rpe or watts.", quote(q.text))
	case k.by == pierre.TargetPercentPace && !suits(r.sport, k.by):
		r.wrong("%s: only runs and swims have a threshold pace; give %% FTP for rides, %% LTHR or rpe.", quote(q.text))
	case !k.holds(&t):
		r.wrong("%s: %s must be from %s to %s.", quote(q.text), k.name, number(k.low), number(k.high))
	}
	s.Target = &t
}

// A targetKind is what a target can be about, and its bounds.
type targetKind struct {
	unit      unit
	by        pierre.TargetUnit
	name      string
	low, high float64
}

func targets() []targetKind {
	return []targetKind{
		{watts, pierre.TargetWatts, "watts", 10, 2500},
		{percentFTP, pierre.TargetPercentFTP, "% FTP", 10, 400},
		{bpm, pierre.TargetBPM, "bpm", 40, 240},
		{percentLTHR, pierre.TargetPercentLTHR, "% LTHR", 30, 130},
		{percentHRMax, pierre.TargetPercentHRMax, "% HRmax", 30, 100},
		{secondsPerKm, pierre.TargetPace, "a pace in seconds per km", 40, 3000},
		{percentPace, pierre.TargetPercentPace, "% threshold pace", 30, 200},
		{rpe, pierre.TargetRPE, "an RPE", 0, 10},
	}
}
