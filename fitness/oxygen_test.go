package fitness

import "testing"

func TestACSM(t *testing.T) {
	near(t, "200 m/min on the level", value(t)(ACSMRunning(200.0/60, 0)), 43.5, 1e-9)
	near(t, "200 m/min at 5 %", value(t)(ACSMRunning(200.0/60, 0.05)), 52.5, 1e-9)
	near(t, "walking 80 m/min", value(t)(ACSMWalking(80.0/60, 0)), 11.5, 1e-9)
	near(t, "200 W at 75 kg", value(t)(ACSMCycling(200, 75)), 35.8, 1e-9)
	if r, err := ACSMRunning(1.5, 0); err != nil || r.Note == "" {
		t.Errorf("running at 90 m/min = %+v, %v; want a note", r, err)
	}
	_, err := ACSMRunning(3, -0.2)
	refused(t, "downhill", err)
	_, err = ACSMCycling(200, 0)
	refused(t, "no weight", err)
}

func TestVO2Max(t *testing.T) {
	near(t, "Cooper, 2400 m", value(t)(Cooper(2400)), 42.37, 0.005)
	near(t, "Cooper, 3200 m", value(t)(Cooper(3200)), 60.25, 0.005)
	near(t, "Uth, 185/60", value(t)(Uth(HeartRateRange{RestBPM: 60, MaxBPM: 185})), 47.2, 0.05)
	r := HeartRateRange{RestBPM: 50, MaxBPM: 190}
	near(t, "Swain, half the reserve", value(t)(Swain(28.5, 120, r)), 53.5, 1e-9)
	_, err := Swain(28.5, 80, r)
	refused(t, "too easy", err)
	_, err = Cooper(500)
	refused(t, "a stroll", err)
}
