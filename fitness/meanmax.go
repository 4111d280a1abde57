package fitness

// An Effort is the highest mean power over a length of time.
type Effort struct {
	Seconds      float64
	Watts        float64
	StartSeconds float64 // after the start of the recording
}

// MeanMaxSeconds lists the usual lengths of a mean-maximal power curve, from 1 s
// to 5 h.
func MeanMaxSeconds() []int {
	return []int{1, 5, 10, 15, 30, 60, 120, 180, 300, 480, 600, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 18000}
}

// MeanMax returns the mean-maximal power curve: for each length in seconds the
// highest mean power, if the recording has a stretch that long without a pause of
// more than 30 s. Shorter pauses are cut out, as everywhere. Lengths below 1 s are left out. See [MethodMeanMaxPower].
func (p Power) MeanMax(lengths []int) []Effort {
	prefix := make([]float64, len(p.watts)+1)
	for i, w := range p.watts {
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
				StartSeconds: p.at[start],
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
	for b := range len(p.breaks) + 1 {
		to := len(p.watts)
		if b < len(p.breaks) {
			to = p.breaks[b]
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

// Best returns the highest mean power in watts over the length in seconds.
func (p Power) Best(seconds int) (Result, error) {
	efforts := p.MeanMax([]int{seconds})
	if len(efforts) == 0 {
		return Result{}, unavailable("the recording has no %d s of power without a long pause", seconds)
	}
	return result(efforts[0].Watts, MethodMeanMaxPower, p.coverage)
}

// FTPFrom20Minutes estimates the functional threshold power in watts as 95 % of
// the best 20 minutes, in watts.
func FTPFrom20Minutes(best float64) (Result, error) {
	return ftpShare(best, 0.95, MethodFTP20Minutes)
}

// FTPFromRamp estimates the functional threshold power in watts as 75 % of the
// best minute of a ramp test, in watts. Of another kind of ride it means nothing.
func FTPFromRamp(best float64) (Result, error) {
	return ftpShare(best, 0.75, MethodFTPRamp)
}

func ftpShare(best, share float64, m Method) (Result, error) {
	if err := within("best power", best, 30, maxWatts, "W"); err != nil {
		return Result{}, err
	}
	res, err := result(share*best, m, 0)
	res.Note = "an estimate: too low unless the effort was all out"
	return res, err
}
