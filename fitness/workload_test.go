//go:build !race

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

func TestAcuteChronicUncoupled(t *testing.T) {
	steady, err := AcuteChronicUncoupled(constant(60, 50))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "steady", steady.Ratio, 1, 1e-9)
	more, err := AcuteChronicUncoupled(append(constant(60, 50), constant(7, 100)...))
	if err != nil {
		t.Fatal(err)
	}
	// λ = 0.25: what is left of the old load after 7 days is (1−λ)^7.
	near(t, "acute", more.Acute, 100-50*0.13348, 0.001)
	near(t, "chronic", more.Chronic, 50, 1e-9)
	if more.Note == "" {
		t.Error("the ratio has no warning")
	}
	_, err = AcuteChronicUncoupled(constant(34, 50))
	refused(t, "34 days", err)
	_, err = AcuteChronicUncoupled(constant(35, 0))
	refused(t, "no training", err)
}
