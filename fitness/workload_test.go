package fitness

import "testing"

func TestFoster(t *testing.T) {
	w, err := Foster([]float64{300, 200, 400, 0, 350, 500, 0})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "monotony", w.Monotony, 1.291, 0.0005)
	near(t, "strain", w.Strain, 2259, 0.5)
	_, err = Foster(constant(7, 100))
	refused(t, "equal days", err)
	_, err = Foster(constant(7, 0))
	refused(t, "no load", err)
	_, err = Foster(constant(6, 100))
	refused(t, "six days", err)
}

func TestAcuteChronic(t *testing.T) {
	steady, err := AcuteChronic(constant(60, 50))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "steady", steady.Ratio, 1, 1e-9)

	daily := append(constant(60, 50), constant(7, 100)...)
	coupled, err := AcuteChronic(daily)
	if err != nil {
		t.Fatal(err)
	}
	uncoupled, err := AcuteChronicUncoupled(daily)
	if err != nil {
		t.Fatal(err)
	}
	// λ = 0.25 and 2/29: what is left of the old load after 7 days is (1−λ)^7.
	near(t, "acute", coupled.Acute, 100-50*0.13348, 0.001)
	near(t, "chronic", coupled.Chronic, 100-50*0.60640, 0.005)
	near(t, "uncoupled chronic", uncoupled.Chronic, 50, 1e-9)
	if uncoupled.Ratio <= coupled.Ratio || coupled.Note == "" || uncoupled.Note == "" {
		t.Errorf("coupled %+v, uncoupled %+v", coupled, uncoupled)
	}
	_, err = AcuteChronic(constant(27, 50))
	refused(t, "27 days", err)
	_, err = AcuteChronicUncoupled(constant(34, 50))
	refused(t, "34 days", err)
	_, err = AcuteChronic(constant(28, 0))
	refused(t, "no training", err)
}
