package training

import "github.com/pierre-mcp/pierre/fitness"

// The methods of powers in watts per kilogram.
const (
	methodPowerToWeight    fitness.Method = "normalized power over body weight (arithmetic)"
	methodCriticalToWeight fitness.Method = "critical power over body weight (arithmetic)"
	methodFTPToWeight      fitness.Method = "threshold power over body weight (arithmetic)"
)

// perKilogram divides a power by the weight of a day.
func (q quantity) perKilogram(watts fitness.Result, err error, m fitness.Method, inputs ...Input) Value {
	if err = firstOf(err, q.err()); err != nil {
		return unavailable(err)
	}
	watts.Value, watts.Method = watts.Value/q.value, m
	return computed(watts, nil, append(inputs, q.input())...)
}

// PowerToWeight returns the normalized power in watts per kilogram.
func (a *Analysis) PowerToWeight() Value {
	np, _, err := normalizedPower(a.Activity, a.digest)
	return a.Athlete.weight().perKilogram(np, err, methodPowerToWeight, samplesInput(ChannelPower))
}

// CriticalToWeight returns the critical power in watts per kilogram.
func (a *Analysis) CriticalToWeight(c CriticalPower) Value {
	return a.Athlete.weight().perKilogram(fitness.Result{Value: c.model.Watts}, c.err, methodCriticalToWeight,
		Input{Name: "critical_power_watts", Value: new(c.model.Watts), Decimals: 1, Source: c.source})
}

// FTPToWeight returns the threshold power in watts per kilogram.
func (a Athlete) FTPToWeight() Value {
	return a.weight().perKilogram(fitness.Result{Value: a.ftp.value}, a.ftp.err(), methodFTPToWeight, a.ftp.input())
}

// Weight returns the athlete's weight on the day of the activity, without a value if it is not known.
func (a *Analysis) Weight() Input { return a.Athlete.weight().inputIfKnown() }

// inputIfKnown is the quantity as an input, without a value if it is not known.
func (q quantity) inputIfKnown() Input {
	if !q.known {
		return Input{Name: q.Field}
	}
	return q.input()
}
