package fit

import (
	"math"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// A record is a record message while its fields are read.
type record struct {
	draft.Sample
	position [2]int32 // semicircles
	fraction float64  // rpm beyond the whole ones of the cadence
}

// record takes a sample. It reads the fields itself: filling the library's
// record struct, with all that FIT knows, takes several times as long.
func (f *file) record(m *proto.Message) {
	r := record{Sample: draft.NewSample(math.NaN()), position: [2]int32{basetype.Sint32Invalid, basetype.Sint32Invalid}}
	for i := range m.Fields {
		r.set(m.Fields[i].Num, m.Fields[i].Value)
	}
	if math.IsNaN(r.T) {
		return
	}
	if r.Cad > 0 {
		r.Cad += r.fraction
	}
	if r.position[0] != basetype.Sint32Invalid && r.position[1] != basetype.Sint32Invalid {
		r.Place(degrees(r.position[0]), degrees(r.position[1]))
	}
	if len(m.DeveloperFields) > 0 {
		f.developed(&r.Sample, m.DeveloperFields)
	}
	f.records = append(f.records, r.Sample)
}

// set reads a field. Of altitude and speed the decoder adds the enhanced forms, if the device did not write them.
func (r *record) set(num byte, v proto.Value) {
	switch num {
	case fieldnum.RecordTimestamp:
		r.T = epoch + scaled(v.Uint32(), basetype.Uint32Invalid, 1)
	case fieldnum.RecordPositionLat:
		r.position[0] = v.Int32()
	case fieldnum.RecordPositionLong:
		r.position[1] = v.Int32()
	case fieldnum.RecordEnhancedAltitude:
		r.Alt = scaled(v.Uint32(), basetype.Uint32Invalid, 5) - 500
	case fieldnum.RecordHeartRate:
		r.HR = scaled(v.Uint8(), basetype.Uint8Invalid, 1)
	case fieldnum.RecordCadence:
		r.Cad = scaled(v.Uint8(), basetype.Uint8Invalid, 1)
	case fieldnum.RecordFractionalCadence:
		if x := v.Uint8(); x != basetype.Uint8Invalid {
			r.fraction = float64(x) / 128
		}
	case fieldnum.RecordDistance:
		r.Dist = scaled(v.Uint32(), basetype.Uint32Invalid, 100)
	case fieldnum.RecordEnhancedSpeed:
		r.Speed = scaled(v.Uint32(), basetype.Uint32Invalid, 1000)
	case fieldnum.RecordPower:
		r.Power = scaled(v.Uint16(), basetype.Uint16Invalid, 1)
	case fieldnum.RecordTemperature:
		if x := v.Int8(); x != basetype.Sint8Invalid {
			r.Temp = float64(x)
		}
	}
}

// scaled returns x/scale, or NaN if x is the field's mark for "invalid".
func scaled[T uint8 | uint16 | uint32](x, invalid T, scale float64) float64 {
	if x == invalid {
		return math.NaN()
	}
	return float64(x) / scale
}

// degrees converts from FIT's semicircles.
func degrees(semicircles int32) float64 { return float64(semicircles) * (180.0 / (1 << 31)) }
