package training

import "github.com/pierre-mcp/pierre/fitness"

// Zones are ranges of intensity with the time that an activity spent in each.
type Zones struct {
	Zones []fitness.Zone
	Time  *fitness.ZoneTime // nil where no activity is looked at
	Evidence
}

func newZones(z fitness.Zones, err error, inputs ...Input) Zones {
	if err != nil {
		return noZones(err)
	}
	return Zones{Zones: z.Zones, Evidence: Evidence{Method: z.Method, Inputs: inputs}}
}

func noZones(err error) Zones { return Zones{Evidence: Evidence{Err: err}} }

// HeartZones returns zones of the heart rate reserve, or if the resting heart rate is not known of the maximum.
func (a Athlete) HeartZones() Zones {
	if !a.maxHR.known {
		return noZones(a.maxHR.err())
	}
	if !a.restingHR.known {
		z, err := fitness.PercentMaxZones(a.maxHR.value)
		return newZones(z, err, a.maxHR.input())
	}
	z, err := fitness.KarvonenZones(fitness.HeartRateRange{RestBPM: a.restingHR.value, MaxBPM: a.maxHR.value})
	return newZones(z, err, a.restingHR.input(), a.maxHR.input())
}

// PowerZones returns zones of the functional threshold power.
func (a Athlete) PowerZones() Zones {
	if !a.ftp.known {
		return noZones(a.ftp.err())
	}
	z, err := fitness.CogganPowerZones(a.ftp.value)
	return newZones(z, err, a.ftp.input())
}

// timed adds the time that an activity spent in the zones.
func (z Zones) timed(timeIn func(fitness.Zones) (fitness.ZoneTime, error)) Zones {
	if z.Err != nil {
		return z
	}
	times, err := timeIn(fitness.Zones{Method: z.Method, Zones: z.Zones})
	if err != nil {
		return noZones(err)
	}
	z.Time, z.Coverage = &times, times.Coverage
	return z
}

// HeartZones returns the athlete's zones with the time that the activity spent in each.
func (a *Analysis) HeartZones() Zones {
	if a.heartErr != nil {
		return noZones(a.heartErr)
	}
	return a.Athlete.HeartZones().timed(a.heart.TimeIn)
}

// PowerZones returns the athlete's zones with the time that the ride spent in each.
func (a *Analysis) PowerZones() Zones {
	if err := firstOf(a.powerErr, a.cyclingOnly()); err != nil {
		return noZones(err)
	}
	return a.Athlete.PowerZones().timed(a.power.TimeIn)
}
