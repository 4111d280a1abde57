package fitness

// An Effort is the highest mean power over a length of time.
type Effort struct {
	Seconds      float64
	Watts        float64
	StartSeconds float64 // after the start of the recording
}

// MeanMax returns the mean-maximal power curve: for each length in seconds the
// highest mean power, if the recording has a stretch that long without a pause of
// more than 30 s. Shorter pauses are cut out, as everywhere. Lengths below 1 s are left out. See [MethodMeanMaxPower].
func (p Power) MeanMax(lengths []int) []Effort {
	prefix := make([]float64, len(p.watts.x)+1)
	for i, w := range p.watts.x {
		prefix[i+1] = prefix[i] + w
	}
	efforts := make([]Effort, 0, len(lengths))
	for _, n := range lengths {
		if n < 1 {
			continue
		}
		if start, ok := p.bestWindow(prefix, n); ok {
			efforts = append(efforts, Effort{
				Seconds:      float64(n),
				Watts:        (prefix[start+n] - prefix[start]) / float64(n),
				StartSeconds: p.watts.at(start),
			})
		}
	}
	return efforts
}

// bestWindow returns the start of the n seconds with the most work that no long
// pause cuts through.
func (p Power) bestWindow(prefix []float64, n int) (start int, ok bool) {
	best := -1.0
	from := 0
	for b := range len(p.watts.breaks) + 1 {
		to := len(p.watts.x)
		if b < len(p.watts.breaks) {
			to = p.watts.breaks[b]
		}
		for i := from; i+n <= to; i++ {
			if work := prefix[i+n] - prefix[i]; work > best {
				best, start = work, i
			}
		}
		from = to
	}
	return start, best >= 0
}
