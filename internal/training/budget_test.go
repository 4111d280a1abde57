package training_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/training"
)

func now() time.Time { return time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC) }

// A spy is a store that counts what is asked of it, and calls before each recording.
type spy struct {
	*store.Store

	recordings, reads int
	before            func()
	broken            pierre.ActivityID // its recording cannot be read
	settled           []pierre.UserID
	full              bool // nothing more can be kept
}

func (s *spy) SettleActivities(ctx context.Context, user pierre.UserID) error {
	s.settled = append(s.settled, user)
	return s.Store.SettleActivities(ctx, user)
}

func (s *spy) SaveDigests(ctx context.Context, user pierre.UserID, version int, digests map[pierre.ActivityID]pierre.Digest) error {
	if s.full {
		return errors.New("the disk is full")
	}
	return s.Store.SaveDigests(ctx, user, version, digests)
}

func (s *spy) Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error) {
	s.recordings++
	if s.before != nil {
		s.before()
	}
	if id == s.broken {
		return pierre.Recording{}, errors.New("reading samples: the data is damaged")
	}
	return s.Store.Recording(ctx, user, id)
}

func (s *spy) DigestedActivities(ctx context.Context, user pierre.UserID, version int) ([]pierre.DigestedActivity, error) {
	s.reads++
	return s.Store.DigestedActivities(ctx, user, version)
}

// season is a store with some runs of so many samples, one a day, and their athlete.
func season(t *testing.T, runs, samples int) (*spy, pierre.UserID) {
	t.Helper()
	s := storetest.New(t)
	u, err := s.EnsureUser(t.Context(), "ana@example.com", now())
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		rec := pierre.Recording{Activity: pierre.Activity{
			Sport: pierre.SportRun, Start: now().AddDate(0, 0, -i).Add(-3 * time.Hour),
			Totals: pierre.Totals{DurationSeconds: new(3600.), DistanceMeters: new(10_000.), AverageHeartRateBPM: new(140.)},
		}}
		for n := range samples {
			rec.Series.Time = append(rec.Series.Time, float64(n))
			rec.Series.HeartRate = append(rec.Series.HeartRate, 140)
		}
		src := pierre.Source{Provider: "file", Format: "fit", File: fmt.Sprint(i), SHA256: [32]byte{byte(i), byte(i >> 8)}, Imported: now()}
		if _, err := s.ImportRecording(t.Context(), u.ID, src, rec); err != nil {
			t.Fatal(err)
		}
	}
	profile := func(p *pierre.ProfileRecord) error {
		p.MaxHeartRateBPM, p.RestingHeartRateBPM, p.Sex = new(190.), new(50.), pierre.SexFemale
		return nil
	}
	if _, err := s.UpdateProfile(t.Context(), u.ID, now(), profile); err != nil {
		t.Fatal(err)
	}
	return &spy{Store: s}, u.ID
}

func service(t *testing.T, data training.Store, o training.Options) *training.Service {
	return training.New(data, now, slog.New(slog.NewTextHandler(t.Output(), nil)), o)
}

// A question looks at so many new recordings and no more, and the next one goes on.
func TestWorkIsBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		runs   int
		budget training.Options
		rounds []int // recordings looked at by each question; all but the last are refused
	}{
		"within the budget":              {5, training.Options{Recordings: 5}, []int{5}},
		"one recording too many":         {6, training.Options{Recordings: 5}, []int{5, 1}},
		"twice too many":                 {11, training.Options{Recordings: 5}, []int{5, 5, 1}},
		"samples within the budget":      {5, training.Options{Samples: 500}, []int{5}},
		"samples of one run too many":    {6, training.Options{Samples: 500}, []int{5, 1}},
		"a budget that ends in a run":    {4, training.Options{Samples: 250}, []int{3, 1}},
		"a budget smaller than each run": {3, training.Options{Samples: 1}, []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			data, user := season(t, tt.runs, 100)
			s := service(t, data, tt.budget)
			for i, want := range tt.rounds {
				data.recordings = 0
				h, err := s.History(t.Context(), user, "", 28)
				if data.recordings != want {
					t.Errorf("question %d looked at %d recordings, want %d", i+1, data.recordings, want)
				}
				if last := i == len(tt.rounds)-1; last != (err == nil) {
					t.Fatalf("question %d: %v", i+1, err)
				} else if last && len(h.Loads) != tt.runs {
					t.Errorf("there are %d loads of %d runs", len(h.Loads), tt.runs)
				} else if !last && (pierre.KindOf(err) != pierre.KindUnavailable || !strings.Contains(pierre.MessageOf(err, ""), "call the tool again")) {
					t.Errorf("question %d is refused with %v", i+1, err)
				}
			}
		})
	}
}

// A client that has gone stops the work at the next recording, and what was done is kept.
func TestWorkEndsWithTheClient(t *testing.T) {
	data, user := season(t, 20, 100)
	s := service(t, data, training.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	data.before = func() {
		if data.recordings == 8 {
			cancel()
		}
	}
	if _, err := s.History(ctx, user, "", 28); !errors.Is(err, context.Canceled) {
		t.Fatalf("the answer is %v", err)
	}
	if data.recordings != 8 {
		t.Errorf("%d recordings were looked at, want 8", data.recordings)
	}
	data.before, data.recordings = nil, 0
	if _, err := s.History(t.Context(), user, "", 28); err != nil || data.recordings != 20-7 {
		t.Errorf("the next question looked at %d recordings: %v", data.recordings, err)
	}
}

// What was read for one question serves the next ones, until something changes; other servers' changes count, too.
func TestSeasonsAreReadAgainAfterChanges(t *testing.T) {
	data, user := season(t, 5, 100)
	s := service(t, data, training.Options{})
	if err := s.DigestAll(t.Context(), unhurried); err != nil {
		t.Fatal(err)
	}
	ask := func(runs, reads int) {
		t.Helper()
		data.reads, data.recordings = 0, 0
		h, err := s.History(t.Context(), user, "", 28)
		if err != nil || len(h.Loads) != runs || data.reads != reads || data.recordings != 0 {
			t.Errorf("%d loads, %d reads of the season, %d of recordings; want %d and %d: %v", len(h.Loads), data.reads, data.recordings, runs, reads, err)
		}
	}
	ask(5, 1) // the digests were made after it had been read
	ask(5, 0)
	rec := pierre.Recording{Activity: pierre.Activity{
		Sport: pierre.SportRun, Start: now().AddDate(0, 0, -9).Add(-time.Hour),
		Totals: pierre.Totals{DurationSeconds: new(3600.), AverageHeartRateBPM: new(140.)},
	}}
	added, err := data.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", Format: "csv", SHA256: [32]byte{99}, Imported: now()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Digest(t.Context(), user, []pierre.ActivityID{added.Activity, "act_x"}); err != nil {
		t.Fatal(err)
	}
	ask(6, 1)
	ask(6, 0)
}

func unhurried(context.Context) {}

// The job completes the digests of whoever lacks some, however many recordings that are, and then leaves them alone.
func TestDigestAll(t *testing.T) {
	data, user := season(t, 7, 100)
	s := service(t, data, training.Options{Recordings: 3})
	pauses := 0
	pause := func(context.Context) {
		if pauses++; pauses != data.recordings+1 {
			t.Errorf("pause %d came after %d recordings", pauses, data.recordings)
		}
	}
	err := s.DigestAll(t.Context(), pause)
	if err != nil || data.recordings != 7 || pauses != 7 || len(data.settled) != 1 || data.settled[0] != user {
		t.Fatalf("%d of 7 recordings were looked at, with %d pauses, %v is settled: %v", data.recordings, pauses, data.settled, err)
	}
	if err := s.DigestAll(t.Context(), pause); err != nil || data.recordings != 7 || pauses != 7 {
		t.Errorf("the second run looked at %d, with %d pauses: %v", data.recordings-7, pauses-7, err)
	}
	if h, err := s.History(t.Context(), user, "", 28); err != nil || len(h.Loads) != 7 || data.recordings != 7 {
		t.Errorf("%d loads, %d recordings looked at: %v", len(h.Loads), data.recordings, err)
	}
}

// Digests that could not be kept are left to the next run of the job, and keep no question from its answer.
func TestDigestsThatCannotBeKept(t *testing.T) {
	data, user := season(t, 40, 10)
	data.full = true
	s := service(t, data, training.Options{})
	if err := s.DigestAll(t.Context(), unhurried); err == nil || data.recordings >= 40 {
		t.Errorf("the job ends with %v after %d recordings", err, data.recordings)
	}
	if h, err := s.History(t.Context(), user, "", 40); err != nil || len(h.Loads) != 40 {
		t.Errorf("a question is answered with %d loads, %v", len(h.Loads), err)
	}
	page, err := data.Activities(t.Context(), user, pierre.ActivityQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Digest(t.Context(), user, []pierre.ActivityID{page.Activities[0].ID}); err != nil {
		t.Errorf("an import ends with %v", err)
	}
	data.full, data.recordings = false, 0
	if err := s.DigestAll(t.Context(), unhurried); err != nil || data.recordings != 40 {
		t.Errorf("the next run looked at %d recordings, %v; want 40", data.recordings, err)
	}
}

// An import ends well whatever else is left to do, and leaves that to the job.
func TestDigestedLeavesTheRest(t *testing.T) {
	data, user := season(t, 7, 100)
	s := service(t, data, training.Options{})
	page, err := data.Activities(t.Context(), user, pierre.ActivityQuery{})
	if err != nil {
		t.Fatal(err)
	}
	ids := []pierre.ActivityID{page.Activities[0].ID, page.Activities[1].ID}
	data.broken = ids[0]
	if err := s.Digest(t.Context(), user, ids); err != nil || data.recordings != 2 {
		t.Errorf("one of two recordings that cannot be read: %v after %d recordings", err, data.recordings)
	}
	data.broken, data.recordings = "", 0
	if err := s.Digested(t.Context(), user); err != nil || data.recordings != 0 {
		t.Errorf("%d recordings were looked at, %v; want none", data.recordings, err)
	}
	if err := s.DigestAll(t.Context(), unhurried); err != nil || data.recordings != 6 {
		t.Errorf("the job looked at %d recordings, %v; want 6", data.recordings, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Digested(ctx, user); !errors.Is(err, context.Canceled) {
		t.Errorf("without a client: %v", err)
	}
}

// The user of a question is that of all it reads.
func TestAnotherUserHasNoHistory(t *testing.T) {
	data, _ := season(t, 3, 10)
	bob, err := data.EnsureUser(t.Context(), "bob@example.com", now())
	if err != nil {
		t.Fatal(err)
	}
	h, err := service(t, data, training.Options{}).History(t.Context(), bob.ID, "", 28)
	if err != nil || h.Activities != 0 || len(h.Loads) != 0 || h.Form.Fitness.Err == nil {
		t.Errorf("bob's history is %+v, %v", h, err)
	}
}
