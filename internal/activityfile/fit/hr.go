package fit

import (
	"math"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// A beat is a heart rate at a time.
type beat struct{ t, bpm float64 }

// heartRates reads hr messages, in which straps deliver afterwards what they
// measured under water, out of reach of the watch. An anchor message ties the
// strap's clock, in 1/1024 s, to UTC; the others hold up to ten times of 12
// bits each, and the heart rates that go with them. The procedure is that of
// Garmin's SDKs (expandHeartRates and mergeHeartRates).
type heartRates struct {
	anchored    bool
	anchor      float64 // Unix seconds
	anchorEvent uint32  // 1/1024 s
	event       uint32  // the last one, unwrapped
	beats       []beat
}

func (h *heartRates) add(m *proto.Message) {
	bpm := m.FieldValueByNum(fieldnum.HrFilteredBpm).SliceUint8()
	if t := m.FieldValueByNum(fieldnum.HrTimestamp).Uint32(); t != basetype.Uint32Invalid {
		events := m.FieldValueByNum(fieldnum.HrEventTimestamp).SliceUint32()
		if len(events) == 0 {
			return
		}
		h.anchored = true
		h.anchor = epoch + float64(t)
		if x := m.FieldValueByNum(fieldnum.HrFractionalTimestamp).Uint16(); x != basetype.Uint16Invalid {
			h.anchor += float64(x) / 32768
		}
		h.anchorEvent, h.event = events[0], events[0]
		if len(bpm) > 0 {
			h.put(h.anchor, bpm[0])
		}
		return
	}
	if !h.anchored {
		return
	}
	packed := m.FieldValueByNum(fieldnum.HrEventTimestamp12).SliceUint8()
	for i, rate := range bpm {
		at := i * 3 / 2
		if at+1 >= len(packed) {
			return
		}
		twelve := uint32(packed[at]) | uint32(packed[at+1]&0x0F)<<8
		if i%2 == 1 {
			twelve = uint32(packed[at]>>4) | uint32(packed[at+1])<<4
		}
		h.event += (twelve - h.event) & 0xFFF
		h.put(h.anchor+float64(h.event-h.anchorEvent)/1024, rate)
	}
}

// put appends a beat, and fills a gap of up to 5 s before it with the last rate.
func (h *heartRates) put(t float64, bpm uint8) {
	const step, longest = 0.25, 5.0
	if n := len(h.beats); n > 0 {
		last := h.beats[n-1]
		for at := last.t + step; at < t && at <= last.t+longest; at += step {
			h.beats = append(h.beats, beat{at, last.bpm})
		}
	}
	if bpm != basetype.Uint8Invalid && bpm > 0 {
		h.beats = append(h.beats, beat{t, float64(bpm)})
	}
}

// merge gives each of the records, which are in order, the mean of the heart
// rates since the record before it.
func (h *heartRates) merge(records []draft.Sample) {
	if len(h.beats) == 0 || len(records) == 0 {
		return
	}
	next, since, rate := 0, records[0].T-1, math.NaN()
	for i := range records {
		s := &records[i]
		if i == 0 || s.T > records[i-1].T {
			sum, n := 0.0, 0
			for ; next < len(h.beats) && h.beats[next].t <= s.T; next++ {
				if h.beats[next].t > since {
					sum += h.beats[next].bpm
					n++
				}
			}
			rate, since = math.Round(sum/float64(n)), s.T // NaN if there was none
		}
		if !math.IsNaN(rate) {
			s.HR = rate
		}
	}
}
