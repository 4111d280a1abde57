//go:build !race

package tools_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// allOut rides at what a critical power of 250 W and 20 kJ above it allow for some seconds, and then easily.
func allOut(seconds int, start time.Time) session {
	hard := 250 + 20_000/float64(seconds)
	return session{
		name: "Test", sport: pierre.SportRide, start: start, seconds: seconds + 300, step: 1,
		power: func(t float64) float64 { return map[bool]float64{true: hard, false: 100}[t < float64(seconds)] },
	}
}

// surge spends 18 kJ above 250 W in its first 3 minutes.
func surge() session {
	return session{
		name: "Surge", sport: pierre.SportRide, start: now().AddDate(0, 0, -5), seconds: 600, step: 1,
		power: func(t float64) float64 { return map[bool]float64{true: 350, false: 150}[t < 180] },
	}
}

// importTests imports a test over each length that critical power is fitted to, and rides that must not count:
// one too old, one after the surge, a run, one whose power meter failed.
func importTests(t *testing.T, s *store.Store, user pierre.UserID) {
	t.Helper()
	for i, seconds := range []int{120, 180, 300, 480, 720, 1200} {
		importSession(t, s, user, allOut(seconds, now().AddDate(0, 0, -10-10*i)))
	}
	for _, days := range []int{-96, -4, -6} {
		other := allOut(300, now().AddDate(0, 0, days))
		other.power = always(400)
		if days == -6 {
			other.sport = pierre.SportRun
		}
		importSession(t, s, user, other)
	}
	importSession(t, s, user, failedMeter(now().AddDate(0, 0, -8)))
}

// failedMeter is an easy ride that begins with a minute of more power than anyone has.
func failedMeter(start time.Time) session {
	return session{name: "Ride", sport: pierre.SportRide, start: start, seconds: 3600, step: 1, power: step(60, 2600, 200)}
}

func TestCriticalPower(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importTests(t, s, user)
	id := importSession(t, s, user, surge())
	h := newHost(t, s, user)
	m := metricsOf(t, h, id, "critical_power", "w_prime_balance")
	m["critical_power_watts"].check(t, "critical power", 250, 0.1)
	m["w_prime_kilojoules"].check(t, "W′", 20, 0.05)
	cp := m["critical_power_watts"]
	if in := cp.Inputs; len(in) != 6 || in[2].Name != "mean_max_power_watts" || in[2].Value != 316.7 || in[2].Source != "recorded" ||
		!strings.HasPrefix(in[2].Note, "over 300 s on 2026-05-16 in act_") {
		t.Errorf("the efforts are %+v", in)
	}
	if !strings.Contains(cp.Note, "R² 1.000") || !strings.Contains(cp.Note, "the 1/t fit gives 250 W and 20.0 kJ") {
		t.Errorf("critical power is noted as %q", cp.Note)
	}
	m["w_prime_balance_lowest_kilojoules"].check(t, "the least W′", 2, 0.06)
	m["w_prime_balance_lowest_percent"].check(t, "the least W′ in percent", 10, 0.3)
	for _, in := range m["w_prime_balance_lowest_kilojoules"].Inputs[1:] {
		if in.Source != "estimated" {
			t.Errorf("the input %+v is not marked as estimated", in)
		}
	}
}

// The athlete's own numbers go before the fit, and do not need one.
func TestBalanceByTheAthletesOwnNumbers(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, surge())
	h := newHost(t, s, user)
	balance := func(watts, kilojoules float64) map[string]computed {
		var got struct{ Metrics map[string]computed }
		r := h.call("calculate_metrics", map[string]any{
			"activity_id": id, "metrics": []string{"w_prime_balance"}, "critical_power_watts": watts, "w_prime_kilojoules": kilojoules,
		})
		r.decode(t, &got)
		return got.Metrics
	}
	m := balance(250, 20)
	kj := m["w_prime_balance_lowest_kilojoules"]
	kj.check(t, "the least W′", 2, 0.001) // 20 000 J - 180 s × 100 W
	m["w_prime_balance_lowest_percent"].check(t, "the least W′ in percent", 10, 0.01)
	if in := kj.Inputs; len(in) != 3 || in[1].Value != 250 || in[1].Source != "user" || in[2].Value != 20 || in[2].Source != "user" {
		t.Errorf("the inputs are %+v", in)
	}
	if !strings.HasPrefix(kj.Note, "179 s after the start") {
		t.Errorf("the least W′ is noted as %q", kj.Note)
	}
	low := balance(250, 10)["w_prime_balance_lowest_kilojoules"]
	low.check(t, "the least of too low a W′", -8, 0.001)
	if !strings.Contains(low.Note, "set too low") {
		t.Errorf("W′ below 0 is noted as %q", low.Note)
	}
	for _, args := range []map[string]any{
		{"activity_id": id, "metrics": []string{"w_prime_balance"}, "critical_power_watts": 250},
		{"activity_id": id, "metrics": []string{"tss"}, "critical_power_watts": 250, "w_prime_kilojoules": 20},
		{"activity_id": id, "metrics": []string{"w_prime_balance"}, "critical_power_watts": 250, "w_prime_kilojoules": 20_000},
	} {
		if r := h.call("calculate_metrics", args); !r.IsError || !strings.Contains(r.Text, "w_prime_kilojoules") {
			t.Errorf("%v is answered with %q", args, r.Text)
		}
	}
}

func TestCriticalPowerIsRefused(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	at := now().AddDate(-2, 0, 0) // each ride far from the others
	for i, tt := range []struct {
		session session
		reason  string
	}{
		{session{name: "Run", sport: "run", seconds: 1800, step: 1, power: always(300)}, "critical power is that of cycling"},
		{session{name: "No meter", sport: "ride", seconds: 1800, step: 1, heart: always(130)}, "no ride of the 90 days up to this one has 2 minutes of power"},
		{session{name: "Short", sport: "ride", seconds: 200, step: 1, power: always(300)}, "there are 2 efforts of 2 to 20 minutes, and 3 are needed"},
		{session{name: "Narrow", sport: "ride", seconds: 310, step: 1, power: wave(300, 50)}, "the efforts are too alike"},
		{session{name: "Steady", sport: "ride", seconds: 1800, step: 1, power: always(200)}, "they were not all out"},
	} {
		tt.session.start = at.AddDate(0, 0, 100*i)
		id := importSession(t, s, user, tt.session)
		m := metricsOf(t, h, id, "critical_power", "w_prime_balance")
		m["critical_power_watts"].lacks(t, "critical power of "+tt.session.name, tt.reason)
		m["w_prime_kilojoules"].lacks(t, "W′ of "+tt.session.name, tt.reason)
		switch balance := m["w_prime_balance_lowest_percent"]; tt.session.name {
		case "No meter":
			balance.lacks(t, "W′ balance without power", "no power was recorded")
		case "Run":
			balance.lacks(t, "W′ balance of a run", tt.reason)
		default:
			balance.lacks(t, "W′ balance of "+tt.session.name, tt.reason, "give critical_power_watts and w_prime_kilojoules")
		}
	}
}
