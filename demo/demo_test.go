package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestTheQuestionsAreAboutActivitiesThatHaveWhatIsAsked(t *testing.T) {
	yoga := activity{ID: "a", Sport: "yoga"}
	walk := activity{ID: "b", Sport: "walk", Distance: new(2000.0)}
	ride := activity{ID: "c", Sport: "ride", Distance: new(30_000.0), Power: new(180.0)}
	jog := activity{ID: "d", Sport: "trail_run", Distance: new(900.0), HR: new(140.0)}
	run := activity{ID: "e", Sport: "run", Distance: new(8000.0)}
	before := activity{ID: "f", Sport: "ride", Distance: new(20_000.0)}

	f := pick([]activity{yoga, walk, ride, jog, run, before})
	if f.measured.ID != "c" || f.run.ID != "e" || f.repeated.ID != "c" {
		t.Errorf("picked %v, %v, %v", f.measured, f.run, f.repeated)
	}
	f.laps = &ride
	if got := tools(append(ownQuestions(f), moreQuestions(f)...)); got != "get_athlete analyze_activity get_activity analyze_training_load "+
		"calculate_metrics compare_activities predict_performance get_stats get_connection_status" {
		t.Errorf("with everything: %s", got)
	}
	f = pick([]activity{yoga})
	if got := tools(append(ownQuestions(f), moreQuestions(f)...)); got != "get_athlete analyze_training_load get_stats get_connection_status" {
		t.Errorf("with yoga alone: %s", got)
	}
}

func tools(questions []question) string {
	var names []string
	for _, q := range questions {
		names = append(names, q.tool)
	}
	return strings.Join(names, " ")
}

// Nothing is stored about the owner of real recordings.
func TestOnlyTheSampleAthleteHasAProfile(t *testing.T) {
	if slices.ContainsFunc(append(ownQuestions(found{}), moreQuestions(found{})...), func(q question) bool { return q.tool == "set_athlete_profile" }) {
		t.Error("the conversation about real recordings stores a profile")
	}
}

func TestTheSampleAthleteStatesTheProfileOfTheRecordings(t *testing.T) {
	p := demoathlete.Athlete(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	q := introduction(p)
	if p.Sex != pierre.SexMale || !strings.Contains(q.words, "71.5 kg") || q.args["weight_kg"] != *p.WeightKg || q.args["ftp_watts"] != *p.FTPWatts ||
		q.args["max_heart_rate_bpm"] != *p.MaxHeartRateBPM {
		t.Errorf("%s %v", q.words, q.args)
	}
}

func TestUsersDoNotShareADataFolder(t *testing.T) {
	dir := t.TempDir()
	choose := func(data string) *demo {
		d := &demo{data: data, dataDir: dir}
		d.chooseUser()
		return d
	}
	if d := choose(""); d.user != sampleUser || d.again {
		t.Errorf("an empty folder: %s, again %v", d.user, d.again)
	}
	if err := choose("/rides").remember(); err != nil {
		t.Fatal(err)
	}
	if d := choose(""); d.user != ownUser || !d.again {
		t.Errorf("after own recordings: %s, again %v", d.user, d.again)
	}
}

func TestMissingRecordingsAreReportedFirst(t *testing.T) {
	var out, stderr strings.Builder
	dir := t.TempDir()
	code := run(t.Context(), []string{"--data", filepath.Join(dir, "nowhere"), "--bin", dir}, nil, &out, &stderr)
	if code != 1 || out.Len() > 0 || !strings.Contains(stderr.String(), "there are no recordings at") {
		t.Errorf("exit %d, %q, %q", code, &out, &stderr)
	}
}

func TestRemarkableLeavesOutWhatNeedsNoAttention(t *testing.T) {
	got := remarkable("imported   a.fit\nimported   b.fit\n             cut off\nskipped    c.csv\n             a table\n3 files: 2 imported\n")
	want := []string{"(1 file imported without a remark, not listed here)", "imported   b.fit", "             cut off", "skipped    c.csv", "             a table", "3 files: 2 imported"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestQuoted(t *testing.T) {
	for path, want := range map[string]string{"/a/b.zip": "/a/b.zip", "/My Rides": "'/My Rides'", "/it's": `'/it'\''s'`} {
		if got := quoted(path); got != want {
			t.Errorf("quoted(%q) = %s, want %s", path, got, want)
		}
	}
}
