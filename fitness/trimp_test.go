//go:build !race

package fitness

import "testing"

func TestBanister(t *testing.T) {
	for _, c := range []struct {
		name       string
		minutes    float64
		bpm        float64
		rest, peak float64
		sex        Sex
		want       float64
	}{
		{"30 min at 130, men", 30, 130, 40, 200, Male, 31.80},
		{"30 min at 130, women", 30, 130, 40, 200, Female, 37.13},
		{"60 min at 150", 60, 150, 50, 190, Male, 108.10},
		{"above the maximum counts as the maximum", 10, 220, 50, 190, Male, 10 * 0.64 * 6.820958},
		{"below rest counts nothing", 10, 40, 50, 190, Male, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := HeartRateRange{RestBPM: c.rest, MaxBPM: c.peak}
			h := heartRate(t, stretch{60 * c.minutes, c.bpm})
			near(t, "from samples", value(t)(h.Banister(r, c.sex)), c.want, 0.005)
			near(t, "from the mean", value(t)(BanisterOf(c.minutes, c.bpm, r, c.sex)), c.want, 0.005)
		})
	}
}

func TestBanisterOfUnevenEffortIsAboveThatOfItsMean(t *testing.T) {
	r := HeartRateRange{RestBPM: 50, MaxBPM: 190}
	h := heartRate(t, stretch{1800, 110}, stretch{1800, 180})
	if sum, mean := value(t)(h.Banister(r, Male)), value(t)(BanisterOf(60, 145, r, Male)); sum <= mean {
		t.Errorf("TRIMP %v of the samples is not above %v of their mean", sum, mean)
	}
}

func TestEdwards(t *testing.T) {
	h := heartRate(t, stretch{60, 80}, stretch{60, 100}, stretch{60, 120}, stretch{60, 140},
		stretch{60, 160}, stretch{60, 180}, stretch{60, 210})
	near(t, "Edwards", value(t)(h.Edwards(200)), 0+1+2+3+4+5+5, 1e-9)
}

func TestHRTSS(t *testing.T) {
	r := HeartRateRange{RestBPM: 50, MaxBPM: 190}
	hour, err := heartRate(t, stretch{3600, 150}).Banister(r, Male)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "60 min at 150, threshold 170", value(t)(HRTSS(hour, 170, r, Male)), 63.34, 0.005)
	near(t, "60 min at threshold", value(t)(HRTSS(hour, 150, r, Male)), 100, 1e-9)
	_, err = HRTSS(Result{Value: 100, Method: MethodTSS}, 170, r, Male)
	refused(t, "a score that is no TRIMP", err)
}

func TestHRMaxByAge(t *testing.T) {
	for age, want := range map[float64]float64{30: 187, 40: 180, 60: 166} {
		near(t, "Tanaka", value(t)(HRMaxTanaka(age)), want, 1e-9)
	}
	_, err := HRMaxTanaka(3)
	refused(t, "a child of 3", err)
}
