package training

import (
	"maps"
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A digested activity is an activity and its digest.
type digestedActivity struct {
	pierre.Activity

	digest digest
}

// encode writes the activity, without what only a look at it alone shows, and its digest; the details by themselves.
func (d digestedActivity) encode() (data, detail []byte) {
	c := &coder{}
	codeActivity(c, &d.Activity)
	d.digest.code(c)
	more := &coder{}
	codeDetail(more, &d.digest.detail)
	return c.b, more.b
}

// decodeActivity reads the activity of a digest, and returns the rest, which is the digest itself.
func decodeActivity(data []byte) (a pierre.Activity, rest []byte, err error) {
	c := &coder{reads: true, b: data}
	codeActivity(c, &a)
	if c.bad {
		return a, nil, errBadDigest
	}
	return a, c.b, nil
}

// decodeDigest reads what decodeActivity left.
func decodeDigest(rest []byte) (d digest, err error) {
	c := &coder{reads: true, b: rest}
	d.code(c)
	return d, c.err()
}

func decodeDetail(data []byte) (detail map[quantityKind]spent, err error) {
	c := &coder{reads: true, b: data}
	codeDetail(c, &detail)
	return detail, c.err()
}

// codeActivity leaves out the user, who is known, and the texts that only get_activity shows.
func codeActivity(c *coder, a *pierre.Activity) {
	words(c, &a.ID)
	words(c, &a.Provider)
	words(c, &a.Name)
	words(c, &a.Sport)
	words(c, &a.SportName)
	words(c, &a.MultisportID)
	for _, flag := range []*bool{&a.Indoor, &a.Race, &a.HasGPS} {
		c.flag(flag)
	}
	optional(c, &a.RPE, c.float)
	list(c, &a.Said, func(field *string) { words(c, field) })
	c.instant(&a.Start)
	optional(c, &a.UTCOffset, func(offset *int) {
		seconds := int64(*offset)
		c.int(&seconds)
		*offset = int(seconds)
	})
	for _, total := range a.Fields() {
		optional(c, total.Value, c.float)
	}
}

func (d *digest) code(c *coder) {
	optional(c, &d.HeartRate, func(h *fitness.HeartRateHistogram) {
		low := int64(h.LowBPM)
		c.int(&low)
		h.LowBPM = int(low)
		list(c, &h.Seconds, c.float)
		c.float(&h.Recorded)
	})
	c.float(&d.PeakHR)
	list(c, &d.HeartBest, func(e *fitness.HeartEffort) { c.float(&e.Seconds); c.float(&e.BPM) })
	optional(c, &d.Power, func(p *powerDigest) {
		c.float(&p.Seconds)
		c.float(&p.Normalized)
		c.float(&p.Coverage)
		words(c, &p.Note)
		list(c, &p.Best, func(e *powerEffort) { c.float(&e.Seconds); c.float(&e.Watts) })
	})
	optional(c, &d.Graded, func(g *gradedDigest) {
		c.float(&g.Speed)
		c.float(&g.Normalized)
		c.float(&g.Coverage)
		words(c, &g.Note)
	})
	for _, stretches := range []*[]Stretch{&d.Efforts, &d.Fast, &d.Far} {
		list(c, stretches, func(s *Stretch) { c.float(&s.Meters); c.float(&s.Seconds) })
	}
	list(c, &d.Climbs, func(k *fitness.Climb) {
		for _, v := range []*float64{&k.StartSeconds, &k.Seconds, &k.StartMeters, &k.Meters, &k.GainMeters} {
			c.float(v)
		}
	})
	c.float(&d.Moving)
	optional(c, &d.Steady, func(s *steadyDigest) {
		c.float(&s.Decoupling)
		c.float(&s.Coverage)
		words(c, &s.Note)
		c.flag(&s.ByPower)
	})
}

func codeDetail(c *coder, detail *map[quantityKind]spent) {
	kinds := slices.Sorted(maps.Keys(*detail))
	if c.reads {
		*detail = map[quantityKind]spent{}
	}
	list(c, &kinds, func(k *quantityKind) {
		n := uint64(*k)
		c.uint(&n)
		*k = quantityKind(n)
		s := (*detail)[*k]
		c.float(&s.Step)
		c.float(&s.Coverage)
		list(c, &s.Seconds, c.float)
		(*detail)[*k] = s
	})
}
