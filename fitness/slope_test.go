//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestMinetti(t *testing.T) {
	for slope, want := range map[float64]float64{
		-.45: 4.032, -.30: 2.462, -.20: 1.800, -.10: 2.152, -.05: 2.746, 0: 3.600,
		.05: 4.685, .10: 5.968, .20: 9.007, .30: 12.579, .45: 19.426,
		-.181: 1.781, -2: 4.032, 2: 19.426,
	} {
		near(t, "running", minettiRun(slope), want, 0.0006)
	}
}

// hill is a run at 3 m/s on a slope, one sample per second.
func hill(seconds int, slope float64) (t, distance, altitude []float64) {
	const speed = 3
	for i := range seconds {
		t = append(t, float64(i))
		distance = append(distance, speed*float64(i))
		altitude = append(altitude, 100+slope*speed*float64(i))
	}
	return t, distance, altitude
}

func TestGradeAdjustedSpeed(t *testing.T) {
	for _, c := range []struct{ slope, factor float64 }{{0, 1}, {.05, 1.301}, {.10, 1.658}, {-.10, .598}} {
		r, err := NewGradedRun(hill(1200, c.slope))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "mean", value(t)(r.Speed()), 3*c.factor, 0.002)
		near(t, "normalized", value(t)(r.Normalized()), 3*c.factor, 0.002)
	}
}

func TestGradeAdjustedSpeedSmoothsNoise(t *testing.T) {
	at, distance, altitude := hill(1200, 0)
	for i := range altitude {
		altitude[i] += float64(i % 2) // a metre up and down each second
	}
	r, err := NewGradedRun(at, distance, altitude)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", value(t)(r.Speed()), 3, 0.03)
}

func TestGradeAdjustedSpeedLeavesRestsOut(t *testing.T) {
	at, distance, altitude := hill(1200, 0)
	for i := 600; i < 1200; i++ {
		at[i] += 500 // a pause
	}
	for i := range 100 { // standing still at the end
		at, distance, altitude = append(at, at[1199]+1+float64(i)), append(distance, distance[1199]), append(altitude, altitude[1199])
	}
	r, err := NewGradedRun(at, distance, altitude)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", value(t)(r.Speed()), 3, 0.01)
}

func TestGradeAdjustedRefusals(t *testing.T) {
	at, distance, altitude := hill(100, 0)
	level, err := NewGradedRun(at, distance, nil)
	if speed, err2 := level.Speed(); err != nil || err2 != nil || math.Abs(speed.Value-3) > 0.01 || speed.Note == "" {
		t.Errorf("without altitude: %+v, %v, %v", speed, err, err2)
	}
	for i := range altitude {
		altitude[i] = math.NaN()
	}
	_, err = NewGradedRun(at, distance, altitude)
	refused(t, "altitude NaN", err)
	_, err = GradedRun{}.Speed()
	refused(t, "the zero run", err)
}

func TestStressScoresBySpeed(t *testing.T) {
	near(t, "an hour at threshold", value(t)(RTSS(3600, Result{Value: 4}, 4)), 100, 1e-9)
	near(t, "30 min at 80 %", value(t)(RTSS(1800, Result{Value: 3.2}, 4)), 32, 1e-9)
	_, err := RTSS(3600, Result{Value: 4}, 0)
	refused(t, "no threshold", err)
}

func TestSwimTSS(t *testing.T) {
	near(t, "an hour at threshold", value(t)(SwimTSS(3600, Result{Value: 1.2}, 1.2)), 100, 1e-9)
	near(t, "1500 m in 30 min, threshold 1:40 per 100 m", value(t)(SwimTSS(1800, Result{Value: 1500.0 / 1800}, 1)), 28.935, 0.001)
	_, err := SwimTSS(3600, Result{Value: 1}, 0)
	refused(t, "no threshold", err)
	_, err = SwimTSS(3600, Result{Value: 3.1}, 1)
	refused(t, "faster than anyone", err)
}
