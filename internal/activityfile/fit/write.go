package fit

import (
	"fmt"
	"math"
	"time"

	"github.com/muktihari/fit/encoder"
	"github.com/muktihari/fit/profile/factory"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxProductName is how many bytes of a device's name are written: fields of FIT have at most 255, with a zero at the end.
const maxProductName = 200

// Write returns rec as a FIT activity file, which is the same for the same recording. FIT counts whole seconds, beats, watts and
// degrees Celsius; fifths of metres of altitude, centimetres of distance, millimetres per second. What FIT has no field for, such
// as the name, is not in it.
func Write(rec pierre.Recording) ([]byte, error) {
	var out written
	enc, err := encoder.NewStream(&out, encoder.WithProtocolVersion(proto.V2), encoder.WithHeaderOption(encoder.HeaderOptionNormal, 15))
	if err != nil {
		return nil, fmt.Errorf("writing a FIT file: %w", err)
	}
	w := &writer{rec: &rec, start: rec.Start.UTC().Round(time.Second), enc: enc}
	w.sport, w.sub = fitSport(&rec.Activity)
	w.head()
	w.records()
	w.tail()
	if w.err == nil {
		w.err = enc.SequenceCompleted()
	}
	if w.err != nil {
		return nil, fmt.Errorf("writing a FIT file: %w", w.err)
	}
	return out, nil
}

// written is a file of which the header is written again when its size is known.
type written []byte

// Write implements [io.Writer].
func (f *written) Write(b []byte) (int, error) {
	*f = append(*f, b...)
	return len(b), nil
}

// WriteAt implements [io.WriterAt] for what was written before.
func (f *written) WriteAt(b []byte, at int64) (int, error) { return copy((*f)[at:], b), nil }

type writer struct {
	rec   *pierre.Recording
	start time.Time
	sport typedef.Sport
	sub   typedef.SubSport
	enc   *encoder.StreamEncoder
	err   error // the first one
}

// add encodes a message at once: all of a long recording would take hundreds of megabytes.
func (w *writer) add(m proto.Message) {
	if w.err == nil {
		w.err = w.enc.WriteMessage(&m)
	}
}

// at is the moment so many seconds after the start.
func (w *writer) at(seconds float64) time.Time {
	return w.start.Add(time.Duration(math.Round(seconds)) * time.Second)
}

// end is when the recording ended.
func (w *writer) end() time.Time {
	long := 0.0
	for _, s := range []*float64{w.rec.DurationSeconds, w.rec.ElapsedSeconds} {
		if s != nil {
			long = max(long, *s)
		}
	}
	if n := len(w.rec.Series.Time); n > 0 {
		long = max(long, w.rec.Series.Time[n-1])
	}
	return w.at(long)
}

func (w *writer) head() {
	id := mesgdef.NewFileId(nil).SetType(typedef.FileActivity).SetManufacturer(typedef.ManufacturerDevelopment).SetProduct(1).SetTimeCreated(w.start)
	device := w.rec.Device
	if len(device) > maxProductName {
		device = ""
	}
	if device != "" {
		id.SetProductName(device)
	}
	w.add(id.ToMesg(nil))
	info := mesgdef.NewDeviceInfo(nil).SetTimestamp(w.start).SetDeviceIndex(typedef.DeviceIndexCreator).SetManufacturer(typedef.ManufacturerDevelopment)
	if device != "" {
		info.SetProductName(device)
	}
	w.add(info.ToMesg(nil))
	w.add(mesgdef.NewSport(nil).SetSport(w.sport).SetSubSport(w.sub).ToMesg(nil))
	w.timer(w.start, typedef.EventTypeStart)
}

func (w *writer) timer(at time.Time, kind typedef.EventType) {
	w.add(mesgdef.NewEvent(nil).SetTimestamp(at).SetEvent(typedef.EventTimer).SetEventType(kind).ToMesg(nil))
}

func (w *writer) records() {
	s := &w.rec.Series
	fields := make([]proto.Field, 0, 11)
	for i, t := range s.Time {
		m := proto.Message{Num: typedef.MesgNumRecord, Fields: fields[:0]}
		add := func(num byte, v proto.Value) {
			f := factory.CreateField(m.Num, num)
			f.Value = v
			m.Fields = append(m.Fields, f)
		}
		add(fieldnum.RecordTimestamp, proto.Uint32(uint32(w.at(t).Unix()-epoch)))
		if lat, lon := of(s.Latitude, i), of(s.Longitude, i); !math.IsNaN(lat) && !math.IsNaN(lon) {
			add(fieldnum.RecordPositionLat, proto.Int32(semicircles(lat)))
			add(fieldnum.RecordPositionLong, proto.Int32(semicircles(lon)))
		}
		if x, ok := whole(of(s.Altitude, i)+500, 5, math.MaxUint32-1); ok {
			add(fieldnum.RecordEnhancedAltitude, proto.Uint32(uint32(x)))
		}
		if x, ok := whole(of(s.Distance, i), 100, math.MaxUint32-1); ok {
			add(fieldnum.RecordDistance, proto.Uint32(uint32(x)))
		}
		if x, ok := whole(of(s.Speed, i), 1000, math.MaxUint32-1); ok {
			add(fieldnum.RecordEnhancedSpeed, proto.Uint32(uint32(x)))
		}
		if x, ok := whole(of(s.HeartRate, i), 1, math.MaxUint8-1); ok {
			add(fieldnum.RecordHeartRate, proto.Uint8(uint8(x)))
		}
		if x, ok := whole(of(s.Power, i), 1, math.MaxUint16-1); ok {
			add(fieldnum.RecordPower, proto.Uint16(uint16(x)))
		}
		if x, ok := whole(of(s.Cadence, i), 128, 254*128+127); ok {
			add(fieldnum.RecordCadence, proto.Uint8(uint8(x/128)))
			add(fieldnum.RecordFractionalCadence, proto.Uint8(uint8(uint64(x)%128)))
		}
		if x := math.Round(of(s.Temperature, i)); math.Abs(x) < math.MaxInt8 {
			add(fieldnum.RecordTemperature, proto.Int8(int8(x)))
		}
		w.add(m)
	}
}

// of returns the i-th value of a column, NaN if the column was not recorded.
func of(column []float64, i int) float64 {
	if column == nil {
		return math.NaN()
	}
	return column[i]
}

// whole returns v in fractions of its unit, and whether a field whose largest value is most can hold it.
func whole(v, scale, most float64) (float64, bool) {
	x := math.Round(v * scale)
	return x, x >= 0 && x <= most // false for NaN
}

func semicircles(degrees float64) int32 {
	return int32(min(math.Round(degrees*(1<<31)/180), math.MaxInt32-1)) // the largest means "invalid"
}

func (w *writer) tail() {
	end := w.end()
	w.timer(end, typedef.EventTypeStopAll)
	for i, l := range w.rec.Laps {
		w.lap(i, l)
	}
	w.session(end)
	a := mesgdef.NewActivity(nil).SetTimestamp(end).SetNumSessions(1).SetType(typedef.ActivityManual).
		SetEvent(typedef.EventActivity).SetEventType(typedef.EventTypeStop)
	if w.rec.UTCOffset != nil {
		a.SetLocalTimestamp(end.Add(time.Duration(*w.rec.UTCOffset) * time.Second))
	}
	put(w.rec.DurationSeconds, 1000, a.SetTotalTimerTime)
	w.add(a.ToMesg(nil))
}

func (w *writer) lap(i int, l pierre.Lap) {
	long := 0.0
	switch {
	case l.ElapsedSeconds != nil:
		long = *l.ElapsedSeconds
	case l.DurationSeconds != nil:
		long = *l.DurationSeconds
	}
	m := mesgdef.NewLap(nil).SetMessageIndex(typedef.MessageIndex(i)).SetStartTime(w.at(l.StartSeconds)).SetTimestamp(w.at(l.StartSeconds + long)).
		SetEvent(typedef.EventLap).SetEventType(typedef.EventTypeStop).SetSport(w.sport).SetSubSport(w.sub)
	t := &l.Totals
	put(t.DistanceMeters, 100, m.SetTotalDistance)
	put(t.DurationSeconds, 1000, m.SetTotalTimerTime)
	put(t.ElapsedSeconds, 1000, m.SetTotalElapsedTime)
	put(t.ElevationGainMeters, 1, m.SetTotalAscent)
	put(t.ElevationLossMeters, 1, m.SetTotalDescent)
	put(t.AverageHeartRateBPM, 1, m.SetAvgHeartRate)
	put(t.MaxHeartRateBPM, 1, m.SetMaxHeartRate)
	put(t.AveragePowerWatts, 1, m.SetAvgPower)
	put(t.MaxPowerWatts, 1, m.SetMaxPower)
	put(t.NormalizedPowerWatts, 1, m.SetNormalizedPower)
	put(t.AverageSpeedMPS, 1000, m.SetEnhancedAvgSpeed)
	put(t.MaxSpeedMPS, 1000, m.SetEnhancedMaxSpeed)
	put(t.AverageCadenceRPM, 1, m.SetAvgCadence)
	put(t.CaloriesKcal, 1, m.SetTotalCalories)
	w.add(m.ToMesg(nil))
}

func (w *writer) session(end time.Time) {
	m := mesgdef.NewSession(nil).SetMessageIndex(0).SetStartTime(w.start).SetTimestamp(end).
		SetEvent(typedef.EventSession).SetEventType(typedef.EventTypeStop).SetTrigger(typedef.SessionTriggerActivityEnd).
		SetSport(w.sport).SetSubSport(w.sub).SetFirstLapIndex(0).SetNumLaps(uint16(min(len(w.rec.Laps), math.MaxUint16-1)))
	t := &w.rec.Totals
	put(t.DistanceMeters, 100, m.SetTotalDistance)
	put(t.DurationSeconds, 1000, m.SetTotalTimerTime)
	put(t.ElapsedSeconds, 1000, m.SetTotalElapsedTime)
	put(t.ElevationGainMeters, 1, m.SetTotalAscent)
	put(t.ElevationLossMeters, 1, m.SetTotalDescent)
	put(t.AverageHeartRateBPM, 1, m.SetAvgHeartRate)
	put(t.MaxHeartRateBPM, 1, m.SetMaxHeartRate)
	put(t.AveragePowerWatts, 1, m.SetAvgPower)
	put(t.MaxPowerWatts, 1, m.SetMaxPower)
	put(t.NormalizedPowerWatts, 1, m.SetNormalizedPower)
	put(t.AverageSpeedMPS, 1000, m.SetEnhancedAvgSpeed)
	put(t.MaxSpeedMPS, 1000, m.SetEnhancedMaxSpeed)
	put(t.AverageCadenceRPM, 1, m.SetAvgCadence)
	put(t.CaloriesKcal, 1, m.SetTotalCalories)
	put(w.rec.RPE, 10, m.SetWorkoutRpe)
	for step, feel := range pierre.Feels() {
		if feel == w.rec.Feel {
			m.SetWorkoutFeel(uint8(25 * step))
		}
	}
	w.add(m.ToMesg(nil))
}

// put writes a value that is known, and that its field can hold, in fractions of its unit. The largest value means "invalid".
func put[I uint8 | uint16 | uint32, M any](v *float64, scale float64, set func(I) M) {
	if v == nil {
		return
	}
	if x, ok := whole(*v, scale, float64(^I(0))-1); ok {
		set(I(x))
	}
}
