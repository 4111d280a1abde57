package fitness

// An Effort is the highest mean power over a length of time.
type Effort struct {
	Seconds      float64
	Watts        float64
	StartSeconds float64 // after the start of the recording
}

// MeanMax returns the mean-maximal power curve: for each length in seconds the highest mean power over so much elapsed
// time, if the recording is that long. A pause counts as 0 W, however long it is, as GoldenCheetah has it: a power that was
// held with rests in between was not held for that long. Lengths below 1 s are left out. See [MethodMeanMaxPower].
func (p Power) MeanMax(lengths []int) []Effort {
	work := p.watts.before() // in J
	efforts := make([]Effort, 0, len(lengths))
	for _, n := range lengths {
		if n < 1 {
			continue
		}
		if best, start, ok := p.watts.mostWork(work, float64(n)); ok {
			efforts = append(efforts, Effort{Seconds: float64(n), Watts: best / float64(n), StartSeconds: start})
		}
	}
	return efforts
}

// before returns the sum of all values before each second.
func (p *secondly) before() []float64 {
	sums := make([]float64, len(p.x)+1)
	for i, v := range p.x {
		sums[i+1] = sums[i] + v
	}
	return sums
}

// mostWork returns the window of so many seconds with the most work, given the work before each second, and when it
// begins. A window with the most work begins or ends with a second that was recorded.
func (p *secondly) mostWork(work []float64, seconds float64) (most, start float64, ok bool) {
	if len(p.x) == 0 {
		return 0, 0, false
	}
	first, end := p.spans[0].at, p.at(len(p.x)-1)+1
	if end-first < seconds-sliver {
		return 0, 0, false
	}
	most = -1
	consider := func(w, at float64) {
		if w > most {
			most, start = w, at
		}
	}
	head, tail := cursor{of: p, work: work}, cursor{of: p, work: work}
	for n, s := range p.spans {
		for i := s.first; i < p.endOf(n); i++ {
			begins := s.at + float64(i-s.first)
			if begins+seconds <= end+sliver {
				consider(head.upTo(begins+seconds)-work[i], begins)
			}
			if ends := begins + 1; ends-seconds >= first-sliver {
				consider(work[i+1]-tail.upTo(ends-seconds), ends-seconds)
			}
		}
	}
	return most, start, true
}

// endOf returns the second after the last one of span n.
func (p *secondly) endOf(n int) int {
	if n+1 < len(p.spans) {
		return p.spans[n+1].first
	}
	return len(p.x)
}

// A cursor finds the work until a time that only grows.
type cursor struct {
	of   *secondly
	work []float64
	span int // the last one that begins before the time
}

// upTo returns the work in J until t, in seconds after the start of the recording.
func (c *cursor) upTo(t float64) float64 {
	for c.span+1 < len(c.of.spans) && c.of.spans[c.span+1].at <= t {
		c.span++
	}
	s := c.of.spans[c.span]
	end := c.of.endOf(c.span)
	within := t - s.at
	if within <= 0 {
		return c.work[s.first]
	}
	if i := s.first + int(within); i < end {
		part := within - float64(i-s.first)
		return c.work[i] + part*c.of.x[i]
	}
	return c.work[end] // in the pause after it
}
