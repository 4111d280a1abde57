package tools

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A timeframe is how far back analyze_training_load looks.
type timeframe string

const (
	frameWeek    timeframe = "week"
	frameMonth   timeframe = "month"
	frameQuarter timeframe = "quarter"
	frameYear    timeframe = "year"
)

func (f timeframe) days() int {
	switch f {
	case frameWeek:
		return 7
	case frameMonth:
		return 28
	case frameYear:
		return 365
	default:
		return 91
	}
}

const (
	historyDays = 365 // before the timeframe, from which fitness at its start follows
	recentShown = 5
)

func (c *Catalog) analyzeTrainingLoad() tool {
	return bind(spec{
		name:  "analyze_training_load",
		title: "Analyse training load",
		doc: "Fitness (CTL, 42 days), fatigue (ATL, 7 days) and form (TSB) up to today, with weekly loads, monotony and ramp. " +
			"The load of an activity is its stress score (100 for an hour at threshold), by power or else by heart rate; the answer says how many could not be counted and why.",
		input: []field{
			providerArgument(),
			opt("timeframe", choice("How far back: 7, 28, 91 or 365 days.", frameWeek, frameMonth, frameQuarter, frameYear).otherwise(frameQuarter)),
		},
		output: object("",
			req("from", str("first local day")),
			req("to", str("last local day: today")),
			req("time_zone", zoneSchema()),
			req("ctl", valueSchema("fitness: load per day, mean over 42 days")),
			req("atl", valueSchema("fatigue: load per day, mean over 7 days")),
			req("tsb", valueSchema("form: yesterday's CTL less yesterday's ATL")),
			req("ramp_per_week", valueSchema("growth of CTL in the last 7 days")),
			req("monotony", valueSchema("of the last 7 days: mean over standard deviation; above 2 is flagged")),
			req("strain", valueSchema("of the last 7 days: load times monotony")),
			req("acute_chronic_ratio", valueSchema("load of the last 7 days over that of the 28 before")),
			req("loads", object("what the loads come from", append([]field{
				req("activities", integer("in the timeframe")),
				req("counted", integer("of which so many have a load")),
				req("by", object("how many by which means",
					opt(string(loadByPower), integer("")), opt(string(loadByHeartRate), integer("")), opt(string(loadByMean), integer("of the activity, as there are too few samples")))),
				req("not_counted", array("", object("", req("reason", str("")), req("activities", integer(""))))),
			}, req("inputs", array("what the loads took from the profile", inputSchema())))...)),
			req("weeks", array("oldest first; from Monday to Sunday", object("",
				req("week_start", str("")),
				req("activities", integer("with a load")),
				req("load", number("")),
				req("ctl", number("on the week's last day")),
				req("tsb", number("on the week's last day"))))),
			req("recent", array("the last activities with a load", object("",
				req("id", str("")),
				req("date", str("local day")),
				req("sport_type", str("")),
				req("load", number("")),
				req("based_on", choice("", loadKinds()...)))))),
	}, c.describeLoad)
}

type loadArgs struct {
	Provider  pierre.Provider `json:"provider"`
	Timeframe timeframe       `json:"timeframe"`
}

type loadAnswer struct {
	From         string      `json:"from"`
	To           string      `json:"to"`
	TimeZone     zoneView    `json:"time_zone"`
	CTL          value       `json:"ctl"`
	ATL          value       `json:"atl"`
	TSB          value       `json:"tsb"`
	Ramp         value       `json:"ramp_per_week"`
	Monotony     value       `json:"monotony"`
	Strain       value       `json:"strain"`
	AcuteChronic value       `json:"acute_chronic_ratio"`
	Loads        loadsView   `json:"loads"`
	Weeks        []weekView  `json:"weeks"`
	Recent       []dayOfLoad `json:"recent"`
}

type loadsView struct {
	Activities int              `json:"activities"`
	Counted    int              `json:"counted"`
	By         map[loadKind]int `json:"by"`
	NotCounted []reasonView     `json:"not_counted"`
	Inputs     []input          `json:"inputs"`
}

type reasonView struct {
	Reason     string `json:"reason"`
	Activities int    `json:"activities"`
}

type weekView struct {
	Start      string   `json:"week_start"`
	Activities int      `json:"activities"`
	Load       *float64 `json:"load"`
	CTL        *float64 `json:"ctl"`
	TSB        *float64 `json:"tsb"`
}

type dayOfLoad struct {
	ID      pierre.ActivityID `json:"id"`
	Date    string            `json:"date"`
	Sport   pierre.Sport      `json:"sport_type"`
	Load    *float64          `json:"load"`
	BasedOn loadKind          `json:"based_on"`
}

func (c *Catalog) describeLoad(ctx context.Context, user pierre.UserID, args loadArgs) (answer, error) {
	ath, err := c.athlete(ctx, user)
	if err != nil {
		return nil, err
	}
	today := ath.clock.today()
	from := today.AddDate(0, 0, 1-cmp.Or(args.Timeframe, frameQuarter).days())
	begin := from.AddDate(0, 0, -historyDays)
	q := pierre.ActivityQuery{After: begin.AddDate(0, 0, -1), Ascending: true} // a local day may begin a day earlier
	if args.Provider != "" {
		q.Providers = []pierre.Provider{args.Provider}
	}
	page, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return nil, err
	}
	digests, err := c.digests(ctx, user, q.After)
	if err != nil {
		return nil, err
	}
	h := history{athlete: ath, from: from, to: today, reasons: map[string]int{}}
	for _, a := range page.Activities {
		h.add(a, digests[a.ID])
	}
	return h.answer(), nil
}

// A history is the loads of an athlete's activities, day by day.
type history struct {
	athlete  athlete
	from, to time.Time // the timeframe, which the loads may begin before

	loads   []scored
	total   int // activities in the timeframe
	seconds struct{ counted, all float64 }
	reasons map[string]int
}

// A scored activity has a load.
type scored struct {
	activity pierre.Activity
	day      time.Time
	load     load
}

func (h *history) add(a pierre.Activity, d digest) {
	on := day(h.athlete.clock.local(a))
	if on.After(h.to) {
		return // the wrong clock of a device
	}
	l, err := h.athlete.load(a, d)
	if err == nil {
		h.loads = append(h.loads, scored{a, on, l})
	}
	if on.Before(h.from) {
		return
	}
	h.total++
	seconds := 0.0
	if a.DurationSeconds != nil {
		seconds = *a.DurationSeconds
	}
	h.seconds.all += seconds
	if err != nil {
		h.reasons[noEvidence(err).NotAvailable]++
		return
	}
	h.seconds.counted += seconds
}

func (h *history) answer() loadAnswer {
	a := loadAnswer{
		From: h.from.Format(time.DateOnly), To: h.to.Format(time.DateOnly), TimeZone: h.athlete.clock.view(),
		Loads: h.describe(), Weeks: []weekView{}, Recent: []dayOfLoad{},
	}
	days, err := h.days()
	if err != nil {
		none := unavailable(err)
		a.CTL, a.ATL, a.TSB, a.Ramp, a.Monotony, a.Strain, a.AcuteChronic = none, none, none, none, none, none, none
		return a
	}
	h.fill(&a, days)
	for _, s := range slices.Backward(h.loads) {
		if len(a.Recent) == recentShown || s.day.Before(h.from) {
			break
		}
		a.Recent = append(a.Recent, dayOfLoad{
			s.activity.ID, s.day.Format(time.DateOnly), s.activity.Sport, rounded(s.load.result.Value, 1), s.load.kind,
		})
	}
	return a
}

// A loadDays is a model of fitness over the days from the first load to today.
type loadDays struct {
	first time.Time
	daily []float64
	form  []fitness.Form
}

func (h *history) days() (loadDays, error) {
	if len(h.loads) == 0 {
		reason := "there are no activities"
		if len(h.reasons) > 0 {
			top := slices.MaxFunc(slices.Sorted(maps.Keys(h.reasons)), func(a, b string) int { return cmp.Compare(h.reasons[a], h.reasons[b]) })
			reason = "no activity has a load; mostly " + strings.TrimPrefix(top, "not available because ")
		}
		return loadDays{}, &fitness.UnavailableError{Reason: reason}
	}
	loads := make([]fitness.DayLoad, len(h.loads))
	d := loadDays{first: h.loads[0].day}
	for i, s := range h.loads {
		loads[i] = fitness.DayLoad{Day: s.day, Load: s.load.result.Value}
		if s.day.Before(d.first) {
			d.first = s.day
		}
	}
	var err error
	if d.daily, err = fitness.DailyLoads(loads, d.first, h.to); err != nil {
		return d, err
	}
	d.form, err = fitness.FormByDay(d.daily, fitness.Form{})
	return d, err
}

func (h *history) fill(a *loadAnswer, d loadDays) {
	last := d.form[len(d.form)-1]
	note := ""
	if share, warming := fitness.WarmUp(len(d.daily)); warming {
		note = fmt.Sprintf("warming up: %d days of history show at most %.0f %% of it", len(d.daily), 100*share)
	}
	model := func(v float64) value { return h.modelled(v, fitness.MethodFitnessFatigue, note) }
	a.CTL, a.ATL, a.TSB = model(last.Fitness), model(last.Fatigue), model(last.Balance)
	ramp, err := fitness.Ramp(d.form)
	a.Ramp = computed(ramp, err, 1, h.loadsInput())
	if week, err := fitness.Foster(d.daily[max(0, len(d.daily)-7):]); err != nil {
		a.Monotony, a.Strain = unavailable(err), unavailable(err)
	} else {
		a.Monotony = h.modelled(week.Monotony, week.Method, "")
		a.Strain = h.modelled(week.Strain, week.Method, "")
	}
	if r, err := fitness.AcuteChronicUncoupled(d.daily); err != nil {
		a.AcuteChronic = unavailable(err)
	} else {
		a.AcuteChronic = h.modelled(r.Ratio, r.Method, r.Note)
	}
	a.Weeks = h.weeks(d)
}

// modelled makes a value of what follows from the daily loads.
func (h *history) modelled(v float64, m fitness.Method, note string) value {
	val := value{Value: rounded(v, 2), evidence: evidence{Method: string(m), Inputs: []input{h.loadsInput()}, Note: note}}
	if h.seconds.all > 0 {
		val.CoveragePercent = rounded(100*h.seconds.counted/h.seconds.all, 0)
	}
	return val
}

func (h *history) loadsInput() input {
	return input{Name: "activity_loads", Value: rounded(float64(len(h.loads)), 0), Source: fromRecording}
}

// weeks sums up the loads of the timeframe from Mondays to Sundays.
func (h *history) weeks(d loadDays) []weekView {
	weeks := []weekView{}
	for monday := h.from.AddDate(0, 0, -(int(h.from.Weekday())+6)%7); !monday.After(h.to); monday = monday.AddDate(0, 0, 7) {
		next := monday.AddDate(0, 0, 7)
		w, load := weekView{Start: monday.Format(time.DateOnly)}, 0.0
		for _, s := range h.loads {
			if !s.day.Before(monday) && s.day.Before(next) {
				w.Activities++
				load += s.load.result.Value
			}
		}
		lastDay := min(int(next.Sub(d.first)/(24*time.Hour))-1, len(d.form)-1)
		if lastDay < 0 {
			continue // before the first load
		}
		w.Load, w.CTL, w.TSB = rounded(load, 0), rounded(d.form[lastDay].Fitness, 1), rounded(d.form[lastDay].Balance, 1)
		weeks = append(weeks, w)
	}
	return weeks
}

// describe says what the loads of the timeframe come from.
func (h *history) describe() loadsView {
	v := loadsView{Activities: h.total, By: map[loadKind]int{}, NotCounted: []reasonView{}, Inputs: []input{}}
	used := map[string]bool{}
	for _, s := range h.loads {
		if s.day.Before(h.from) {
			continue
		}
		v.Counted++
		v.By[s.load.kind]++
		for _, in := range s.load.inputs {
			if in.Source != fromRecording || in.Note != "" {
				if !used[in.Name] {
					v.Inputs = append(v.Inputs, in)
				}
				used[in.Name] = true
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(h.reasons)) {
		v.NotCounted = append(v.NotCounted, reasonView{reason, h.reasons[reason]})
	}
	return v
}

func (a loadAnswer) text() string {
	lines := []string{
		fmt.Sprintf("%s to %s: %d of %d activities counted", a.From, a.To, a.Loads.Counted, a.Loads.Activities),
		a.CTL.text("fitness (CTL)"), a.ATL.text("fatigue (ATL)"), a.TSB.text("form (TSB)"), a.Ramp.text("ramp per week"),
		a.Monotony.text("monotony"), a.AcuteChronic.text("acute:chronic"),
	}
	if a.CTL.Note != "" {
		lines = append(lines, a.CTL.Note)
	}
	for _, r := range a.Loads.NotCounted {
		lines = append(lines, fmt.Sprintf("%d activities: %s", r.Activities, r.Reason))
	}
	if len(a.Weeks) > 0 {
		weeks := []string{"weekly loads from " + a.Weeks[0].Start + ":"}
		for _, w := range a.Weeks {
			weeks = append(weeks, plain(*w.Load))
		}
		lines = append(lines, strings.Join(weeks, " "))
	}
	return strings.Join(lines, "\n")
}
