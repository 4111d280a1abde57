package training

import (
	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// A Plan is what a workout is expected to take.
type Plan struct {
	Seconds, Meters, Load Value
}

// assumedIntensity is that of warm-ups, recoveries and cool-downs without a target: active recovery is below 55 % of the threshold
// (Coggan, in Allen & Coggan 2010).
const assumedIntensity = 0.5

const methodSteps fitness.Method = "sum of the steps, pace targets at their middle (arithmetic)"

// Plan estimates what the steps of a workout take, by the athlete's thresholds where their targets need them.
func (a Athlete) Plan(sport pierre.Sport, steps []pierre.WorkoutStep) Plan {
	p := a.planner(sport)
	workout.Each(steps, p.add)
	plan := Plan{Seconds: p.sum(p.seconds, p.timeless, "time"), Meters: p.sum(p.meters, p.placeless, "distance")}
	if plan.Seconds.Err != nil {
		plan.Load = unavailable(plan.Seconds.Err)
		return plan
	}
	plan.Load = p.load()
	return plan
}

// PlannedSeconds is the Seconds of [Athlete.Plan], without what else that computes.
func (a Athlete) PlannedSeconds(sport pierre.Sport, steps []pierre.WorkoutStep) Value {
	p := a.planner(sport)
	workout.Each(steps, func(s pierre.WorkoutStep) { p.extend(s) })
	return p.sum(p.seconds, p.timeless, "time")
}

// A planner adds up the steps of a workout as they are done.
type planner struct {
	athlete             Athlete
	sport               pierre.Sport
	threshold           float64 // m/s
	unpaced             error   // why there is no threshold
	seconds, meters     float64
	timeless, placeless int // steps without a known time, or distance
	paced               bool

	shares  []fitness.PlannedStep // by power or pace
	by      pierre.TargetUnit     // of the shares; "": none has a target
	assumed bool
	easy    float64 // s of steps with the assumed intensity
	trimp   fitness.Result
	heart   bool
	rpe     float64 // RPE times minutes
	minutes float64 // with an RPE
	inputs  []Input
	err     error // why there is no load
}

// planner returns one without a step. What holds for all steps is found out once: repeated, a workout has thousands.
func (a Athlete) planner(sport pierre.Sport) planner {
	p := planner{athlete: a, sport: sport}
	p.threshold, p.unpaced = p.thresholdSpeed()
	return p
}

// middle is what an athlete who keeps to a target does.
func middle(t *pierre.StepTarget) float64 { return (t.Low + t.High) / 2 }

// speed returns the speed in m/s that a target asks for.
func (p *planner) speed(t *pierre.StepTarget) (float64, bool) {
	if t == nil {
		return 0, false
	}
	switch {
	case t.By == pierre.TargetPace:
		return 1000 / middle(t), true
	case t.By == pierre.TargetPercentPace && p.unpaced == nil:
		return p.threshold * middle(t) / 100, true
	}
	return 0, false
}

// pace is the threshold pace of the sport.
func (p *planner) pace() (q quantity, meters float64) {
	if p.sport == pierre.SportSwim {
		return p.athlete.swimPace, 100
	}
	return p.athlete.runPace, 1000
}

// thresholdSpeed is the speed in m/s at the threshold pace.
func (p *planner) thresholdSpeed() (mps float64, err error) {
	if !p.sport.IsRun() && p.sport != pierre.SportSwim {
		return 0, because("only runs and swims have a threshold pace")
	}
	q, meters := p.pace()
	if err := q.err(); err != nil {
		return 0, err
	}
	return meters / q.value, nil
}

func (p *planner) add(s pierre.WorkoutStep) {
	seconds, speed := p.extend(s)
	if p.err == nil {
		p.err = p.strain(s, seconds, speed)
	}
}

// extend adds the time and the distance of a step, and returns its time and the speed that its target asks for; 0: not known.
func (p *planner) extend(s pierre.WorkoutStep) (seconds, speed float64) {
	speed, known := p.speed(s.Target)
	p.paced = p.paced || known
	seconds, meters := s.Seconds, s.Meters
	switch {
	case seconds > 0 && known:
		meters = seconds * speed
	case meters > 0 && known:
		seconds = meters / speed
	}
	if seconds == 0 {
		p.timeless++
	}
	if meters == 0 && s.Kind != pierre.StepRest {
		p.placeless++
	}
	p.seconds += seconds
	p.meters += meters
	return seconds, speed
}

// strain adds the load of a step.
func (p *planner) strain(s pierre.WorkoutStep, seconds, speed float64) error {
	if s.Target == nil {
		return p.untargeted(s, seconds)
	}
	v := middle(s.Target)
	switch s.Target.By {
	case pierre.TargetPercentFTP:
		return p.share(pierre.TargetWatts, seconds, v/100)
	case pierre.TargetWatts:
		if !p.sport.IsRide() {
			return because("power counts in cycling only")
		}
		if err := p.athlete.ftp.err(); err != nil {
			return err
		}
		p.input(p.athlete.ftp)
		return p.share(pierre.TargetWatts, seconds, v/p.athlete.ftp.value)
	case pierre.TargetPercentPace:
		return p.share(pierre.TargetPace, seconds, v/100)
	case pierre.TargetPace:
		if p.unpaced != nil {
			return p.unpaced
		}
		q, _ := p.pace()
		p.input(q)
		return p.share(pierre.TargetPace, seconds, speed/p.threshold)
	case pierre.TargetBPM:
		return p.beat(seconds, v)
	case pierre.TargetPercentLTHR:
		p.input(p.athlete.thresholdHR)
		return firstOf(p.athlete.thresholdHR.err(), p.beat(seconds, v/100*p.athlete.thresholdHR.value))
	case pierre.TargetPercentHRMax:
		return firstOf(p.athlete.maxHR.err(), p.beat(seconds, v/100*p.athlete.maxHR.value))
	case pierre.TargetRPE:
		p.rpe += v * seconds / 60
		p.minutes += seconds / 60
	}
	return nil
}

func (p *planner) untargeted(s pierre.WorkoutStep, seconds float64) error {
	switch s.Kind {
	case pierre.StepWork:
		return because("a step of work has no target")
	case pierre.StepRest:
		p.shares = append(p.shares, fitness.PlannedStep{Seconds: seconds})
	case pierre.StepWarmUp, pierre.StepRecovery, pierre.StepCoolDown:
		p.assumed = true
		p.easy += seconds
		p.shares = append(p.shares, fitness.PlannedStep{Seconds: seconds, Intensity: assumedIntensity})
	}
	return nil
}

// share adds a step at an intensity.
func (p *planner) share(by pierre.TargetUnit, seconds, intensity float64) error {
	if p.by != "" && p.by != by {
		return because("its targets are of power and of pace")
	}
	p.by = by
	p.shares = append(p.shares, fitness.PlannedStep{Seconds: seconds, Intensity: intensity})
	return nil
}

// beat adds a step at a heart rate.
func (p *planner) beat(seconds, bpm float64) error {
	limits, inputs, err := p.athlete.heartRates()
	if err = firstOf(err, p.athlete.thresholdHR.err()); err != nil {
		return err
	}
	r, err := fitness.BanisterOf(seconds/60, bpm, limits, fitness.Sex(p.athlete.sex))
	r.Value += p.trimp.Value
	p.trimp = r
	if !p.heart {
		p.heart = true
		p.inputs = append(p.inputs, inputs...)
		p.input(p.athlete.thresholdHR)
	}
	return err
}

func (p *planner) input(q quantity) {
	for _, in := range p.inputs {
		if in.Name == q.Field {
			return
		}
	}
	if q.known {
		p.inputs = append(p.inputs, q.input())
	}
}

// load adds up what the steps come to, each kind of target by its own score.
func (p *planner) load() Value {
	if p.err != nil {
		return unavailable(p.err)
	}
	var parts []fitness.Result
	var errs []error
	score := func(r fitness.Result, err error) { parts, errs = append(parts, r), append(errs, err) }
	if p.heart {
		limits, _, err := p.athlete.heartRates()
		errs = append(errs, err)
		score(fitness.HRTSS(p.trimp, p.athlete.thresholdHR.value, limits, fitness.Sex(p.athlete.sex)))
	}
	if p.minutes > 0 {
		score(fitness.SessionRPE(p.minutes, p.rpe/p.minutes))
	}
	switch {
	case p.by == "" && len(parts) > 0: // rests and easy steps beside them, which have no norm to enter
		if p.easy > 0 {
			score(fitness.Result{Value: p.easy * assumedIntensity * assumedIntensity / 36}, nil)
		}
	case p.sport == pierre.SportSwim:
		score(fitness.PlannedSwimStress(p.shares))
	default:
		score(fitness.PlannedStress(p.shares))
	}
	if err := firstOf(errs...); err != nil {
		return unavailable(err)
	}
	sum := parts[0]
	for _, part := range parts[1:] {
		sum.Value += part.Value
	}
	v := Value{sum.Value, Evidence{Method: sum.Method, Inputs: p.inputs}}
	if p.assumed {
		v.Inputs = append(v.Inputs, Input{
			Name: "intensity", Value: new(assumedIntensity), Decimals: 2, Source: Estimated, Note: "of warm-up, recovery and cool-down steps without a target",
		})
	}
	return v
}

// sum is a total, if every step is in it.
func (p *planner) sum(total float64, lacking int, what string) Value {
	if lacking > 0 {
		return unavailable(because("the %s of %d of its steps is open or follows from no target pace", what, lacking))
	}
	v := Value{total, Evidence{Method: methodSteps}}
	if q, _ := p.pace(); p.paced && q.known {
		v.Inputs = []Input{q.input()}
	}
	return v
}
