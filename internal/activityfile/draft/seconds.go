package draft

import "math"

// Seconds puts what was measured in one second into one sample: watches write each sensor's values by themselves.
type Seconds struct {
	Samples []Sample // in order of their first values
	Cut     bool     // there were more than are kept
	most    int
	at      map[float64]int
}

// NewSeconds returns an empty list that takes at most so many samples.
func NewSeconds(most int) *Seconds { return &Seconds{most: most, at: map[float64]int{}} }

// Put has set change the sample of the second around t, in Unix seconds.
func (s *Seconds) Put(t float64, set func(*Sample)) {
	second := math.Round(t)
	i, ok := s.at[second]
	switch {
	case math.IsNaN(t):
		return
	case !ok && len(s.Samples) >= s.most:
		s.Cut = true
		return
	case !ok:
		i = len(s.Samples)
		s.at[second] = i
		s.Samples = append(s.Samples, NewSample(t))
	}
	set(&s.Samples[i])
}
