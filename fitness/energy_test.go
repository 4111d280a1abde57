//go:build !race

package fitness

import "testing"

func TestKeytel(t *testing.T) {
	near(t, "man", keytel(150, 80, 30, Male), 14.70, 0.005)
	near(t, "woman", keytel(150, 60, 30, Female), 9.88, 0.005)
	near(t, "40 bpm", keytel(40, 60, 20, Male), 0, 0)
	near(t, "half an hour", value(t)(heartRate(t, stretch{1800, 150}).Energy(80, 30, Male)), 30*14.70, 0.2)
	if r, err := heartRate(t, stretch{1800, 70}).Energy(80, 30, Male); err != nil || r.Note == "" {
		t.Errorf("energy at 70 bpm = %+v, %v; want a note", r, err)
	}
	_, err := HeartRate{}.Energy(80, 30, Male)
	refused(t, "no heart rate", err)
}
