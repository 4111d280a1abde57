//go:build !race

package tools_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A race over 5 km in 19:57 is a VDOT of 50, whose threshold pace is 4:15 per km.
func TestRunningStressScore(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importSession(t, s, user, session{
		name: "Race", sport: "run", start: now().AddDate(0, 0, -20), seconds: 1197, step: 1, speed: always(5000 / 1196.),
	})
	level := session{name: "Hour", sport: "run", start: now().AddDate(0, 0, -5), seconds: 3600, step: 1, speed: always(0.9 * 1000 / 255), altitude: always(300)}
	hour := importSession(t, s, user, level)
	level.start, level.speed = now().AddDate(0, 0, -3), always(4.4) // must not count for the days before
	importSession(t, s, user, level)
	h := newHost(t, s, user)
	score := metricsOf(t, h, hour, "running_stress_score")["running_stress_score"]
	score.check(t, "an hour at 90 % of the threshold speed", 81, 1) // 0.9²·100
	in := score.Inputs[len(score.Inputs)-1]
	if in.Name != "threshold_speed_mps" || in.Source != "estimated" || !strings.Contains(in.Note, "VDOT 50.") || !strings.Contains(in.Note, "5000 m in 119") {
		t.Errorf("the threshold speed is %+v", in)
	}
	walk := importSession(t, s, user, session{name: "Walk", sport: "walk", start: now().AddDate(0, 0, -2), seconds: 1800, step: 1, speed: always(1.5), altitude: always(300)})
	metricsOf(t, h, walk, "running_stress_score")["running_stress_score"].lacks(t, "the score of a walk", "is for runs")
	jog := importSession(t, s, user, session{name: "Jog", sport: "run", start: now().AddDate(-2, 0, 0), seconds: 100, step: 1, speed: always(3), altitude: always(300)})
	metricsOf(t, h, jog, "running_stress_score")["running_stress_score"].lacks(t, "the score of a short jog", "no run of 1000 m or more")
}
