package fitness

import "testing"

func TestMetabolicRates(t *testing.T) {
	near(t, "Mifflin, man", value(t)(Mifflin(80, 180, 30, Male)), 1780, 1e-9)
	near(t, "Mifflin, woman", value(t)(Mifflin(60, 165, 30, Female)), 1320.25, 1e-9)
	near(t, "Katch–McArdle", value(t)(KatchMcArdle(68)), 1838.8, 1e-9)
	near(t, "Cunningham", value(t)(Cunningham(68)), 1996, 1e-9)
	_, err := Mifflin(80, 1.80, 30, Male)
	refused(t, "height in m", err)
	_, err = Mifflin(80, 180, 30, "")
	refused(t, "no sex", err)
	_, err = KatchMcArdle(-1)
	refused(t, "negative mass", err)
}

func TestKeytel(t *testing.T) {
	near(t, "man", value(t)(KeytelRate(150, 80, 30, Male)), 14.70, 0.005)
	near(t, "woman", value(t)(KeytelRate(150, 60, 30, Female)), 9.88, 0.005)
	near(t, "40 bpm", value(t)(KeytelRate(40, 60, 20, Male)), 0, 0)
	near(t, "half an hour", value(t)(heartRate(t, stretch{1800, 150}).Energy(80, 30, Male)), 30*14.70, 0.2)
	if r, err := heartRate(t, stretch{1800, 70}).Energy(80, 30, Male); err != nil || r.Note == "" {
		t.Errorf("energy at 70 bpm = %+v, %v; want a note", r, err)
	}
	_, err := HeartRate{}.Energy(80, 30, Male)
	refused(t, "no heart rate", err)
}
