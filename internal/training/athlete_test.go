package training

import "github.com/pierre-mcp/pierre/internal/pierre"

// newAthlete is an athlete of whom only the profile is known.
func newAthlete(rec pierre.ProfileRecord, c Clock) Athlete {
	return newPast(rec, c, nil).on(c.Today())
}
