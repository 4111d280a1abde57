package tools

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A dayUnit is how values of a kind are shown.
type dayUnit struct {
	name     string
	per      float64 // of the unit that is kept
	decimals int
}

func dayUnitOf(r pierre.WellnessRange) dayUnit {
	switch r.Kind {
	case pierre.WellnessSleep, pierre.WellnessInBed, pierre.WellnessDeepSleep, pierre.WellnessREMSleep, pierre.WellnessLightSleep:
		return dayUnit{"h", 3600, 2}
	case pierre.WellnessAwake, pierre.WellnessSleepLatency:
		return dayUnit{"min", 60, 1}
	case pierre.WellnessBedtime, pierre.WellnessWakeTime:
		return dayUnit{"h after midnight", 3600, 2}
	case pierre.WellnessSteps, pierre.WellnessActiveEnergy, pierre.WellnessEaten:
		return dayUnit{r.Unit, 1, 0}
	case pierre.WellnessWeight, pierre.WellnessHydration, pierre.WellnessSkinTemperature, pierre.WellnessTemperatureShift:
		return dayUnit{r.Unit, 1, 2}
	default:
		return dayUnit{r.Unit, 1, 1}
	}
}

func (u dayUnit) show(v float64) *float64 { return rounded(v/u.per, u.decimals) }

// word shows a value for people: a time of day as such, any other with its unit.
func (u dayUnit) word(shown *float64) string {
	if u.name == "h after midnight" {
		m := int(math.Round(*shown*60)) + 2*24*60
		return fmt.Sprintf("%02d:%02d", m/60%24, m%60)
	}
	return strings.TrimSpace(plain(*shown) + " " + u.name)
}

func viewWellness(w training.Wellness) wellnessAnswer {
	a := wellnessAnswer{
		From: w.From.Format(time.DateOnly), To: w.To.Format(time.DateOnly), TimeZone: viewClock(w.Clock),
		Kinds: []wellnessView{}, Others: w.Others, Methods: []string{},
	}
	for _, k := range w.Kinds {
		a.Kinds = append(a.Kinds, viewWellnessOf(k, int(w.To.Sub(w.From).Hours()/24)+1))
		for _, m := range []fitness.Method{k.Standing.Week.Method, k.Standing.Usual.Method, k.Trend.Slope.Method, k.Load.Method} {
			if m != "" && !slices.Contains(a.Methods, string(m)) {
				a.Methods = append(a.Methods, string(m))
			}
		}
	}
	if len(w.Kinds) > 0 && w.Kinds[0].Load.Days > 0 {
		a.Note = "A correlation is no cause, and days that follow each other are alike, which makes its interval rather too narrow."
		if w.Uncounted > 0 {
			a.Note += " " + human.Plural(w.Uncounted, "activity") + " without a load count as rest."
		}
	}
	if len(w.Kinds) == 0 && len(w.Others) == 0 {
		a.Note = "No values of days are kept. They come with the export of a Garmin or Apple Health account, or from an account connected with connect_provider."
	}
	return a
}

func viewWellnessOf(k training.WellnessOf, days int) wellnessView {
	u := dayUnitOf(k.WellnessRange)
	v := wellnessView{
		Kind: k.Kind, Unit: u.name, Source: k.Source, Days: len(k.Values), Missing: days - len(k.Values),
		WeekDays: k.Standing.WeekDays, BaselineDays: k.Standing.UsualDays, Standing: k.Standing.Side, Trend: viewWellnessTrend(k.Trend, u),
	}
	for _, o := range k.Others {
		v.Others = append(v.Others, otherSource{o.Source, o.Days})
	}
	if n := k.Newest; n != nil {
		v.Newest = &datedValue{n.Day.Format(time.DateOnly), u.show(n.Value), n.Source}
	}
	if k.Source == "" {
		return v
	}
	v = v.withStanding(k.Standing, u)
	if k.Trend.Slope.Err != nil {
		v.NotAvailable = append(v.NotAvailable, "trend: "+reason(k.Trend.Slope.Err))
	}
	if k.Load.Days > 0 {
		v.Load = viewLoadWith(k.Load)
	}
	return v
}

// withStanding adds the week and the baseline.
func (v wellnessView) withStanding(st training.Standing, u dayUnit) wellnessView {
	if st.Week.Err != nil {
		v.NotAvailable = append(v.NotAvailable, "week_mean: "+reason(st.Week.Err))
	} else {
		v.Week = u.show(st.Week.Value)
	}
	if st.Usual.Err != nil {
		v.NotAvailable = append(v.NotAvailable, "baseline: "+reason(st.Usual.Err))
		return v
	}
	v.Baseline, v.Low, v.High = u.show(st.Usual.Value), u.show(st.Low), u.show(st.High)
	if st.Usual.Method == fitness.MethodHRVWeek {
		v.SD = rounded(st.SD, 3)
	} else {
		v.SD = u.show(st.SD)
	}
	if st.Side != "" {
		v.Off = rounded(st.Off, 1)
	}
	return v
}

func viewWellnessTrend(t training.WellnessTrend, u dayUnit) trendView {
	v := trendView{Points: t.Points, Direction: directionNone}
	if t.Slope.Err != nil {
		return v
	}
	show := func(f float64) *float64 { return rounded(f/u.per, u.decimals+1) }
	v.Slope, v.Low, v.High = show(t.Slope.Value), show(t.Low), show(t.High)
	v.Direction = directionOf(t.Told, t.Slope.Value)
	return v
}

func directionOf(told bool, slope float64) direction {
	switch {
	case !told:
		return directionNone
	case slope > 0:
		return directionRising
	}
	return directionFalling
}

func viewLoadWith(l training.LoadCorrelation) *loadWith {
	v := &loadWith{Days: l.Days, Pairs: l.N, Direction: directionNone}
	if l.Err != nil {
		v.NotAvailable = notAvailable(l.Err)
		return v
	}
	v.R, v.Low, v.High, v.Direction = rounded(l.R, 2), rounded(l.Low, 2), rounded(l.High, 2), directionOf(l.Told(), l.R)
	return v
}

// withRows adds the means of days, weeks, months or years.
func (a wellnessAnswer) withRows(w training.Wellness, by pierre.Grouping) wellnessAnswer {
	cells := map[time.Time][]wellnessCell{}
	var starts []time.Time
	for _, k := range w.Kinds {
		u := dayUnitOf(k.WellnessRange)
		for _, g := range training.GroupWellness(k.Values, by) {
			if cells[g.Start] == nil {
				starts = append(starts, g.Start)
			}
			cell := wellnessCell{Kind: k.Kind, Mean: u.show(g.Mean), Days: g.Days}
			if g.Days == 1 {
				cell.Days = 0
			}
			cells[g.Start] = append(cells[g.Start], cell)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	for _, start := range starts {
		a.Rows = append(a.Rows, wellnessRow{start.Format(time.DateOnly), cells[start]})
	}
	return a
}

// fitting leaves out the oldest rows that an answer of the usual size has no room for, and says so.
func (a wellnessAnswer) fitting() wellnessAnswer {
	rows, note := a.Rows, a.Note
	if len(rows) == 0 {
		return a
	}
	take := func(left int) {
		a.Rows, a.Note = rows[left:], note
		if left > 0 {
			a.Note = joined(note, fmt.Sprintf("%d earlier rows are left out; ask for them with before %s, or for longer groups or fewer kinds.", left, rows[left].From))
		}
	}
	take(leastLeftOut(len(rows), func(left int) bool {
		take(left)
		return encodedSize(a)+encodedSize(a.text()) <= answerBytes
	}))
	return a
}

func (a wellnessAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s", a.From, a.To)
	units := map[pierre.WellnessKind]dayUnit{}
	for _, k := range a.Kinds {
		r, _ := pierre.RangeOf(k.Kind)
		units[k.Kind] = dayUnitOf(r)
		b.WriteString("\n" + k.text(units[k.Kind]))
	}
	for _, row := range a.Rows {
		cells := make([]string, len(row.Values))
		for i, c := range row.Values {
			cells[i] = string(c.Kind) + " " + units[c.Kind].word(c.Mean)
		}
		fmt.Fprintf(&b, "\n%s: %s", row.From, strings.Join(cells, ", "))
	}
	if len(a.Others) > 0 {
		fmt.Fprintf(&b, "\nalso kept: %s", joinKinds(a.Others))
	}
	if a.Note != "" {
		b.WriteString("\n" + a.Note)
	}
	return b.String()
}

func joinKinds(kinds []pierre.WellnessKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

func (v wellnessView) text(u dayUnit) string {
	var parts []string
	if v.Newest != nil {
		parts = append(parts, u.word(v.Newest.Value)+" on "+v.Newest.Date)
	}
	if v.Source == "" {
		return string(v.Kind) + ": " + strings.Join(append(parts, "no value in these days"), ", ")
	}
	if v.Week != nil {
		parts = append(parts, fmt.Sprintf("7-day mean %s (%s)", u.word(v.Week), human.Plural(v.WeekDays, "day")))
	}
	if v.Baseline != nil {
		usual := fmt.Sprintf("baseline %s, usual %s to %s", u.word(v.Baseline), u.word(v.Low), u.word(v.High))
		if v.Standing != "" {
			usual += ": " + string(v.Standing)
		}
		parts = append(parts, usual)
	}
	if v.Trend.Direction != directionNone {
		parts = append(parts, fmt.Sprintf("%s: %s %s a month (%s to %s, %d points)", v.Trend.Direction, plain(*v.Trend.Slope),
			strings.TrimSuffix(u.name, " after midnight"), plain(*v.Trend.Low), plain(*v.Trend.High), v.Trend.Points))
	} else if v.Trend.Slope != nil {
		parts = append(parts, "no trend can be told")
	}
	parts = append(parts, v.NotAvailable...)
	if v.Load != nil {
		parts = append(parts, v.Load.text())
	}
	return fmt.Sprintf("%s (%s, %d of %d days): %s", v.Kind, v.Source, v.Days, v.Days+v.Missing, strings.Join(parts, "; "))
}

func (l *loadWith) text() string {
	before := "the day before"
	if l.Days > 1 {
		before = fmt.Sprintf("the %d days before", l.Days)
	}
	if l.R == nil {
		return "with the load of " + before + ": " + l.NotAvailable
	}
	words := fmt.Sprintf("with the load of %s r %s (%s to %s, %d pairs)", before, plain(*l.R), plain(*l.Low), plain(*l.High), l.Pairs)
	if l.Direction == directionNone {
		words += ", so that they go together cannot be told"
	}
	return words
}
