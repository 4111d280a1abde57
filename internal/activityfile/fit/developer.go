package fit

import (
	"math"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A devField names a developer field: the index of the developer data, and its number there.
type devField [2]byte

// A nativeField is a field of FIT's own that a developer field stands for.
type nativeField struct {
	message typedef.MesgNum
	number  byte
	scale   float64 // from the developer's unit to the one of this package
}

// describe notes developer fields that stand for a field of a record or session,
// such as the power of a foot pod that the watch does not know.
func (f *file) describe(d *mesgdef.FieldDescription) {
	key := devField{d.DeveloperDataIndex, d.FieldDefinitionNumber}
	n := nativeField{mesgnum.Invalid, basetype.Uint8Invalid, 1}
	switch {
	case d.NativeFieldNum != basetype.Uint8Invalid && (d.NativeMesgNum == mesgnum.Record || d.NativeMesgNum == mesgnum.Session):
		n.message, n.number = d.NativeMesgNum, d.NativeFieldNum
	case len(d.FieldName) > 0 && (d.FieldName[0] == "Power" || d.FieldName[0] == "RP_Power"):
		n.message, n.number = mesgnum.Record, fieldnum.RecordPower
	}
	if len(d.Units) > 0 {
		n.scale = scaleOf(d.Units[0])
	}
	f.native[key] = n
}

// scaleOf converts from the unit, if it is not the one of FIT's own field.
func scaleOf(unit string) float64 {
	switch unit {
	case "km":
		return 1000
	case "km/h", "kph":
		return 1 / 3.6
	case "kJ":
		return 0.239 // kcal
	}
	return 1
}

// developed fills what the sample lacks from developer fields.
func (f *file) developed(s *draft.Sample, fields []proto.DeveloperField) {
	for _, field := range fields {
		native, described := f.native[devField{field.DeveloperDataIndex, field.Num}]
		if !described || native.message != mesgnum.Record {
			continue
		}
		var dst *float64
		switch native.number {
		case fieldnum.RecordPower:
			dst = &s.Power
		case fieldnum.RecordHeartRate:
			dst = &s.HR
		case fieldnum.RecordCadence:
			dst = &s.Cad
		case fieldnum.RecordDistance:
			dst = &s.Dist
		case fieldnum.RecordSpeed, fieldnum.RecordEnhancedSpeed:
			dst = &s.Speed
		case fieldnum.RecordAltitude, fieldnum.RecordEnhancedAltitude:
			dst = &s.Alt
		default:
			continue
		}
		if x, ok := number(field.Value); ok && math.IsNaN(*dst) {
			*dst = x * native.scale
		}
	}
}

// completeTotals fills what a session lacks from its developer fields.
func (f *file) completeTotals(t *pierre.Totals, fields []proto.DeveloperField) {
	for _, field := range fields {
		native, described := f.native[devField{field.DeveloperDataIndex, field.Num}]
		if !described || native.message != mesgnum.Session {
			continue
		}
		var dst **float64
		switch native.number {
		case fieldnum.SessionTotalDistance:
			dst = &t.DistanceMeters
		case fieldnum.SessionTotalCalories:
			dst = &t.CaloriesKcal
		case fieldnum.SessionTotalAscent:
			dst = &t.ElevationGainMeters
		case fieldnum.SessionAvgPower:
			dst = &t.AveragePowerWatts
		case fieldnum.SessionMaxPower:
			dst = &t.MaxPowerWatts
		case fieldnum.SessionAvgSpeed, fieldnum.SessionEnhancedAvgSpeed:
			dst = &t.AverageSpeedMPS
		case fieldnum.SessionMaxSpeed, fieldnum.SessionEnhancedMaxSpeed:
			dst = &t.MaxSpeedMPS
		default:
			continue
		}
		if x, ok := number(field.Value); ok && *dst == nil {
			*dst = draft.Positive(x * native.scale)
		}
	}
}

// number returns a developer field's value; other applications' sentinels for "invalid" are those of FIT.
func number(v proto.Value) (float64, bool) {
	const most = 1e8 // of any quantity in its unit
	var x float64
	switch v.Type() {
	case proto.TypeUint8:
		x = scaled(v.Uint8(), basetype.Uint8Invalid, 1)
	case proto.TypeUint16:
		x = scaled(v.Uint16(), basetype.Uint16Invalid, 1)
	case proto.TypeUint32:
		x = scaled(v.Uint32(), basetype.Uint32Invalid, 1)
	case proto.TypeInt16:
		x = float64(v.Int16())
	case proto.TypeInt32:
		x = float64(v.Int32())
	case proto.TypeFloat32:
		x = float64(v.Float32())
	case proto.TypeFloat64:
		x = v.Float64()
	default:
		return 0, false
	}
	return x, x >= 0 && x < most
}
