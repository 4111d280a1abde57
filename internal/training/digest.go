package training

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A digest is what questions about many activities need of each one's samples. It does not depend on the
// athlete's profile, so that it stays good when that changes. What the samples do not have is nil.
type digest struct {
	HeartRate *fitness.HeartRateHistogram `json:"heart_rate,omitempty"`
	PeakHR    float64                     `json:"peak_hr,omitempty"` // bpm, without artefacts
	Power     *powerDigest                `json:"power,omitempty"`
	Efforts   []Stretch                   `json:"efforts,omitempty"` // the fastest, on foot
}

type powerDigest struct {
	Seconds    float64       `json:"seconds"`
	Normalized float64       `json:"normalized"` // W
	Coverage   float64       `json:"coverage"`
	Note       string        `json:"note,omitempty"`
	Best       []powerEffort `json:"best,omitempty"` // over each of bestSeconds that the recording is long enough for
}

// normalized returns the normalized power as it was computed.
func (p powerDigest) normalized() fitness.Result {
	return fitness.Result{Value: p.Normalized, Method: fitness.MethodNormalizedPower, Coverage: p.Coverage, Note: p.Note}
}

// A powerEffort is the highest mean power over a length of time.
type powerEffort struct {
	Seconds float64 `json:"s"`
	Watts   float64 `json:"w"`
}

// bestSeconds are the lengths that critical power is fitted to: its model holds for 2 to 20 minutes.
func bestSeconds() []int { return []int{120, 180, 300, 480, 720, 1200} }

// A Stretch is a part of a run: the fastest over its distance, or the whole.
type Stretch struct {
	Meters  float64 `json:"m"`
	Seconds float64 `json:"s"`
}

// raceDistances are the stretches whose fastest time is kept of every run, in metres.
func raceDistances() []float64 {
	return []float64{1000, 1500, fitness.Mile, 3000, 5000, 10_000, 15_000, fitness.HalfMarathon, 30_000, fitness.Marathon}
}

// newDigest computes the digest of a recording.
func newDigest(rec pierre.Recording) digest {
	s := rec.Series
	heart, heartErr := fitness.NewHeartRate(s.Time, s.HeartRate)
	power, powerErr := fitness.NewPower(s.Time, s.Power)
	return digestOf(rec, heart, heartErr, power, powerErr)
}

// digestOf computes the digest of a recording whose heart rate and power are prepared.
func digestOf(rec pierre.Recording, heart fitness.HeartRate, heartErr error, power fitness.Power, powerErr error) digest {
	var d digest
	if heartErr == nil {
		d.HeartRate = new(heart.Histogram())
		if peak, err := heart.Peak(); err == nil {
			d.PeakHR = peak.Value
		}
	}
	if powerErr == nil {
		if np, err := power.Normalized(); err == nil {
			d.Power = &powerDigest{Seconds: power.Seconds(), Normalized: np.Value, Coverage: np.Coverage, Note: np.Note}
			for _, e := range power.MeanMax(bestSeconds()) {
				d.Power.Best = append(d.Power.Best, powerEffort{e.Seconds, e.Watts})
			}
		}
	}
	if rec.Sport.IsRun() {
		for _, e := range bestEfforts(rec.Series) {
			d.Efforts = append(d.Efforts, Stretch{e.Meters, e.Seconds})
		}
	}
	return d
}

// bestEfforts returns the fastest stretches by the recorded distance, or else by the track.
func bestEfforts(s pierre.Series) []fitness.BestEffort {
	efforts, err := fitness.BestEfforts(s.Time, distances(s), raceDistances())
	if err != nil {
		return nil
	}
	return efforts
}

// distances returns the cumulative distance, recorded or along the track, or nil.
func distances(s pierre.Series) []float64 {
	if s.Distance != nil {
		return s.Distance
	}
	const fastest = 12 // m/s, on foot
	d, err := fitness.TrackDistance(s.Time, s.Latitude, s.Longitude, fastest)
	if err != nil {
		return nil
	}
	return d
}

// saveEvery is how many fresh digests are kept at once: a client that gives up does not lose all.
const saveEvery = 50

// digests returns the digests of the user's activities since a time. Those that are not there yet are
// computed and kept, which takes some milliseconds for each.
func (s *Service) digests(ctx context.Context, user pierre.UserID, since time.Time) (map[pierre.ActivityID]digest, error) {
	kept, err := s.data.Digests(ctx, user, s.version, since)
	if err != nil {
		return nil, err
	}
	all := make(map[pierre.ActivityID]digest, len(kept))
	fresh := map[pierre.ActivityID]pierre.Digest{}
	for id, k := range kept {
		var d digest
		if k.Data != nil {
			err = json.Unmarshal(k.Data, &d)
		} else if d, err = s.freshDigest(ctx, user, id); err == nil {
			k.Data, err = json.Marshal(d)
			fresh[id] = k
		}
		if pierre.KindOf(err) == pierre.KindNotFound {
			continue // merged into another activity meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("making the digest of %s: %w", id, err)
		}
		all[id] = d
		if len(fresh) == saveEvery {
			s.saveDigests(ctx, user, fresh)
			clear(fresh)
		}
	}
	s.saveDigests(ctx, user, fresh)
	return all, nil
}

// saveDigests keeps what can be computed again, so a failure only costs time.
func (s *Service) saveDigests(ctx context.Context, user pierre.UserID, fresh map[pierre.ActivityID]pierre.Digest) {
	if len(fresh) == 0 {
		return
	}
	if err := s.data.SaveDigests(ctx, user, s.version, fresh); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "digests not kept", "count", len(fresh), "err", err)
	}
}

func (s *Service) freshDigest(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (digest, error) {
	rec, err := s.data.Recording(ctx, user, id)
	if err != nil {
		return digest{}, err
	}
	return newDigest(rec), nil
}

// BestEfforts returns the fastest stretches of each of the user's runs.
func (s *Service) BestEfforts(ctx context.Context, user pierre.UserID) (map[pierre.ActivityID][]Stretch, error) {
	digests, err := s.digests(ctx, user, time.Time{})
	if err != nil {
		return nil, err
	}
	efforts := make(map[pierre.ActivityID][]Stretch, len(digests))
	for id, d := range digests {
		if len(d.Efforts) > 0 {
			efforts[id] = d.Efforts
		}
	}
	return efforts, nil
}
