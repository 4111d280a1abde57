package days

import (
	"cmp"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Stage says what a device took a stretch of the night for.
type Stage uint8

// The stages.
const (
	InBed  Stage = iota
	Asleep       // it does not say how
	Light
	Deep
	REM
	Awake
	stages
)

// A segment is a stretch of sleep, of lying awake, or in bed.
type segment struct {
	start, end int64 // Unix seconds
	offset     int32
	device     uint16
	stage      Stage
}

// Sleep takes a stretch of sleep, in Unix seconds, on a clock so many seconds east of UTC.
func (b *Book) Sleep(stage Stage, start, end float64, offset int, device string) {
	switch {
	case !dated(start) || !dated(end) || end <= start:
		b.undated++
	case end-start > daySeconds || offset < -daySeconds || offset > daySeconds:
		b.refused[b.kinds[pierre.WellnessSleep]]++
	case len(b.segments) >= maxSegments:
		b.beyond++
	default:
		b.segments = append(b.segments, segment{int64(start), int64(end), int32(offset), b.device(device), stage})
	}
}

// apart is how long nothing is recorded between two sleeps. Who gets up for less time goes on with the same night.
const apart = 2 * 3600

// A night is one sleep, by one device.
type night struct {
	asleep, inBed int64
	stage         [stages]int64 // seconds of each
	staged, woken bool          // it tells light, deep and REM sleep apart; being awake, too
	awakenings    int
	bed, wake     int64 // Unix seconds
	bedOffset     int32
	wakeOffset    int32
}

// better reports whether n tells more of a night than o: the other one is by another device, or a nap.
func (n *night) better(o *night) bool {
	if n.staged != o.staged && min(n.asleep, o.asleep)*2 >= max(n.asleep, o.asleep) {
		return n.staged
	}
	return cmp.Or(cmp.Compare(n.asleep, o.asleep), cmp.Compare(n.inBed, o.inBed)) > 0
}

// nights returns the values of the best night of each day: that of its waking.
func (b *Book) nights() map[key]float64 {
	slices.SortFunc(b.segments, func(x, y segment) int {
		return cmp.Or(cmp.Compare(x.device, y.device), cmp.Compare(x.start, y.start), cmp.Compare(x.end, y.end), cmp.Compare(x.stage, y.stage))
	})
	best, lain := map[int32]night{}, map[int32]night{}
	for from := 0; from < len(b.segments); {
		first := b.segments[from]
		until, end := from+1, first.end
		for until < len(b.segments) {
			s := b.segments[until]
			if s.device != first.device || s.start > end+apart || s.end > first.start+daySeconds {
				break
			}
			end = max(end, s.end)
			until++
		}
		n := sumUp(b.segments[from:until])
		day, _ := dayOf(float64(n.wake), int(n.wakeOffset))
		if o, ok := best[day]; !ok || n.better(&o) {
			best[day] = n
		}
		if n.inBed > lain[day].inBed {
			lain[day] = n
		}
		from = until
	}
	values := map[key]float64{}
	for day, n := range best {
		if o := lain[day]; n.inBed == 0 && o.bed <= n.bed && o.wake >= n.wake-apart { // a phone knows when one lay down, and a watch when one slept
			n.inBed, n.bed, n.bedOffset = o.inBed, o.bed, o.bedOffset
		}
		for kind, v := range n.values(day) {
			values[key{day: day, kind: b.kinds[kind]}] = v
		}
	}
	return values
}

// sumUp sums up segments in order of their starts. What overlaps counts once.
func sumUp(segments []segment) night {
	n := night{bed: segments[0].start, bedOffset: segments[0].offset}
	firstAsleep, lastAsleep := int64(-1), int64(-1)
	var covered [stages]int64 // up to when each is counted
	var slept, lain int64
	for _, s := range segments {
		n.stage[s.stage] += max(0, s.end-max(s.start, covered[s.stage]))
		covered[s.stage] = max(covered[s.stage], s.end)
		switch s.stage {
		case InBed:
			n.inBed += max(0, s.end-max(s.start, lain))
			lain = max(lain, s.end)
		case Awake:
			n.woken = true
		default:
			n.staged = n.staged || s.stage != Asleep
			n.asleep += max(0, s.end-max(s.start, slept))
			slept = max(slept, s.end)
			if firstAsleep < 0 {
				firstAsleep = s.start
			}
			if s.end > lastAsleep {
				lastAsleep, n.wakeOffset = s.end, s.offset
			}
		}
		if lastAsleep < 0 && s.end > n.wake {
			n.wake, n.wakeOffset = s.end, s.offset
		}
	}
	if lastAsleep >= 0 {
		n.wake = lastAsleep
	}
	n.stage[Awake] = 0
	until := firstAsleep
	for _, s := range segments {
		if s.stage != Awake || s.start <= firstAsleep || s.end >= lastAsleep {
			continue
		}
		if s.start > until {
			n.awakenings++
		}
		n.stage[Awake] += max(0, s.end-max(s.start, until))
		until = max(until, s.end)
	}
	return n
}

// values returns what is known of the night that belongs to the day.
func (n *night) values(day int32) map[pierre.WellnessKind]float64 {
	v := map[pierre.WellnessKind]float64{}
	if n.inBed > 0 {
		v[pierre.WellnessInBed] = float64(n.inBed)
	}
	if n.asleep == 0 {
		return v
	}
	midnight := int64(day) * daySeconds
	v[pierre.WellnessSleep] = float64(n.asleep)
	v[pierre.WellnessBedtime] = float64(n.bed + int64(n.bedOffset) - midnight)
	v[pierre.WellnessWakeTime] = float64(n.wake + int64(n.wakeOffset) - midnight)
	if n.staged {
		v[pierre.WellnessLightSleep] = float64(n.stage[Light])
		v[pierre.WellnessDeepSleep] = float64(n.stage[Deep])
		v[pierre.WellnessREMSleep] = float64(n.stage[REM])
	}
	if n.staged || n.woken {
		v[pierre.WellnessAwake] = float64(n.stage[Awake])
		v[pierre.WellnessAwakenings] = float64(n.awakenings)
	}
	return v
}

// OfNight reports whether values of the kind are of a night, all of them of the same.
func OfNight(kind pierre.WellnessKind) bool {
	switch kind {
	case pierre.WellnessSleep, pierre.WellnessInBed, pierre.WellnessDeepSleep, pierre.WellnessREMSleep, pierre.WellnessLightSleep,
		pierre.WellnessAwake, pierre.WellnessBedtime, pierre.WellnessWakeTime, pierre.WellnessAwakenings:
		return true
	default:
		return false
	}
}
