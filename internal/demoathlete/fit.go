package demoathlete

import (
	"bytes"
	"math"
	"time"

	"github.com/muktihari/fit/encoder"
	"github.com/muktihari/fit/profile/factory"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/proto"
)

// A fitLog collects the messages of one FIT activity file in the order of a
// device: records with their laps as they happen, summaries at the end.
type fitLog struct {
	messages []proto.Message
	laps     uint16
	lengths  uint16
	sessions uint16
	timer    float64
}

// fitMessages returns the messages of an activity file with the points of each track that are kept.
func fitMessages(device string, tracks []track, kept [][]int) []proto.Message {
	start := tracks[0].start
	log := &fitLog{messages: []proto.Message{
		mesgdef.NewFileId(nil).SetType(typedef.FileActivity).SetManufacturer(typedef.ManufacturerDevelopment).
			SetProduct(1).SetProductName(device).SetSerialNumber(serialNumber).SetTimeCreated(start).ToMesg(nil),
		mesgdef.NewDeviceInfo(nil).SetTimestamp(start).SetDeviceIndex(typedef.DeviceIndexCreator).
			SetManufacturer(typedef.ManufacturerDevelopment).SetProductName(device).SetSoftwareVersionScaled(2.1).ToMesg(nil),
	}}
	log.add(mesgdef.NewSport(nil).SetSport(tracks[0].fit).SetSubSport(tracks[0].sub).SetName(tracks[0].name).ToMesg(nil))
	log.timerEvent(start, typedef.EventTypeStart)
	for i := range tracks {
		log.track(&tracks[i], kept[i])
	}
	last := &tracks[len(tracks)-1]
	end := last.at(len(last.points) - 1)
	log.timerEvent(end, typedef.EventTypeStopAll)
	kind := typedef.ActivityManual
	if len(tracks) > 1 {
		kind = typedef.ActivityAutoMultiSport
	}
	log.add(mesgdef.NewActivity(nil).SetTimestamp(end).SetLocalTimestamp(end.Add(utcOffset)).
		SetTotalTimerTimeScaled(log.timer).SetNumSessions(log.sessions).SetType(kind).
		SetEvent(typedef.EventActivity).SetEventType(typedef.EventTypeStop).ToMesg(nil))
	return log.messages
}

const serialNumber = 1_234_567

// encodeFIT writes messages as one FIT file.
func encodeFIT(messages []proto.Message) ([]byte, error) {
	var b bytes.Buffer
	enc := encoder.New(&b, encoder.WithProtocolVersion(proto.V2), encoder.WithHeaderOption(encoder.HeaderOptionNormal, 15))
	err := enc.Encode(&proto.FIT{Messages: messages})
	return b.Bytes(), err
}

func (t *track) at(i int) time.Time {
	return t.start.Add(time.Duration(t.points[i].second) * time.Second)
}

func (l *fitLog) add(m proto.Message) { l.messages = append(l.messages, m) }

func (l *fitLog) timerEvent(at time.Time, kind typedef.EventType) {
	l.add(mesgdef.NewEvent(nil).SetTimestamp(at).SetEvent(typedef.EventTimer).SetEventType(kind).ToMesg(nil))
}

func (l *fitLog) track(t *track, kept []int) {
	firstLap, firstLength := l.laps, l.lengths
	lengths := t.lengths
	next := 0
	for lap := range t.laps {
		from, to := t.lapPoints(lap)
		for ; next < len(kept) && kept[next] <= to; next++ {
			i := kept[next]
			if t.pause.seconds > 0 && i == t.pause.after+1 {
				l.timerEvent(t.at(i-1), typedef.EventTypeStopAll)
				l.timerEvent(t.at(i), typedef.EventTypeStart)
			}
			l.add(t.fitRecord(i))
		}
		for ; len(lengths) > 0 && lengths[0].start < t.points[to].second; lengths = lengths[1:] {
			l.length(t, lengths[0])
		}
		l.lap(t, from, to)
	}
	l.session(t, l.laps-firstLap, l.lengths-firstLength, firstLap)
}

func (t *track) fitRecord(i int) proto.Message {
	p := t.points[i]
	m := proto.Message{Num: typedef.MesgNumRecord, Fields: make([]proto.Field, 0, 10)}
	add := func(num byte, v proto.Value) {
		f := factory.CreateField(m.Num, num)
		f.Value = v
		m.Fields = append(m.Fields, f)
	}
	add(fieldnum.RecordTimestamp, proto.Uint32(fitTime(t.at(i))))
	if t.gps {
		add(fieldnum.RecordPositionLat, proto.Int32(p.lat))
		add(fieldnum.RecordPositionLong, proto.Int32(p.lon))
		add(fieldnum.RecordEnhancedAltitude, proto.Uint32(uint32(math.Round((p.altitude+500)*5))))
	}
	if t.moves {
		add(fieldnum.RecordDistance, proto.Uint32(uint32(math.Round(p.distance*100))))
		add(fieldnum.RecordEnhancedSpeed, proto.Uint32(uint32(math.Round(p.speed*1000))))
	}
	if p.hr > 0 {
		add(fieldnum.RecordHeartRate, proto.Uint8(p.hr))
	}
	if t.sport.IsRun() || t.power {
		add(fieldnum.RecordCadence, proto.Uint8(p.cadence))
	}
	if t.power {
		add(fieldnum.RecordPower, proto.Uint16(p.power))
		add(fieldnum.RecordTemperature, proto.Int8(t.celsius))
	}
	return m
}

// fitTime counts seconds since 1989-12-31, FIT's epoch.
func fitTime(t time.Time) uint32 {
	return uint32(t.Unix() - time.Date(1989, 12, 31, 0, 0, 0, 0, time.UTC).Unix())
}

func (l *fitLog) length(t *track, n length) {
	start := t.start.Add(time.Duration(n.start) * time.Second)
	m := mesgdef.NewLength(nil).SetMessageIndex(typedef.MessageIndex(l.lengths)).
		SetStartTime(start).SetTimestamp(start.Add(time.Duration(n.seconds) * time.Second)).
		SetTotalElapsedTimeScaled(float64(n.seconds)).SetTotalTimerTimeScaled(float64(n.seconds)).
		SetEvent(typedef.EventLength).SetEventType(typedef.EventTypeStop).SetLengthType(typedef.LengthTypeIdle)
	if n.strokes > 0 {
		m.SetLengthType(typedef.LengthTypeActive).SetSwimStroke(typedef.SwimStrokeFreestyle).
			SetTotalStrokes(n.strokes).SetAvgSpeedScaled(poolMeters / float64(n.seconds))
	}
	l.lengths++
	l.add(m.ToMesg(nil))
}

func (l *fitLog) lap(t *track, from, to int) {
	sum := t.totals(from, to)
	m := mesgdef.NewLap(nil).SetMessageIndex(typedef.MessageIndex(l.laps)).
		SetStartTime(t.at(from)).SetTimestamp(t.at(to)).
		SetEvent(typedef.EventLap).SetEventType(typedef.EventTypeStop).SetSport(t.fit).SetSubSport(t.sub).
		SetTotalElapsedTimeScaled(*sum.ElapsedSeconds).SetTotalTimerTimeScaled(*sum.DurationSeconds)
	scaled(sum.DistanceMeters, 100, m.SetTotalDistance)
	scaled(sum.AverageSpeedMPS, 1000, m.SetEnhancedAvgSpeed)
	scaled(sum.MaxSpeedMPS, 1000, m.SetEnhancedMaxSpeed)
	whole(sum.ElevationGainMeters, m.SetTotalAscent)
	whole(sum.ElevationLossMeters, m.SetTotalDescent)
	whole(sum.AverageHeartRateBPM, m.SetAvgHeartRate)
	whole(sum.MaxHeartRateBPM, m.SetMaxHeartRate)
	whole(sum.AverageCadenceRPM, m.SetAvgCadence)
	whole(sum.AveragePowerWatts, m.SetAvgPower)
	whole(sum.MaxPowerWatts, m.SetMaxPower)
	whole(sum.NormalizedPowerWatts, m.SetNormalizedPower)
	whole(sum.CaloriesKcal, m.SetTotalCalories)
	l.laps++
	l.add(m.ToMesg(nil))
}

func (l *fitLog) session(t *track, laps, lengths, firstLap uint16) {
	sum := t.whole()
	m := mesgdef.NewSession(nil).SetMessageIndex(typedef.MessageIndex(l.sessions)).
		SetStartTime(t.start).SetTimestamp(t.at(len(t.points) - 1)).
		SetEvent(typedef.EventSession).SetEventType(typedef.EventTypeStop).SetTrigger(typedef.SessionTriggerActivityEnd).
		SetSport(t.fit).SetSubSport(t.sub).SetSportProfileName(t.name).SetFirstLapIndex(firstLap).SetNumLaps(laps).
		SetTotalElapsedTimeScaled(*sum.ElapsedSeconds).SetTotalTimerTimeScaled(*sum.DurationSeconds)
	if lengths > 0 {
		m.SetPoolLengthScaled(poolMeters).SetPoolLengthUnit(typedef.DisplayMeasureMetric).SetNumLengths(lengths)
	}
	if t.gps {
		m.SetStartPositionLat(t.points[0].lat).SetStartPositionLong(t.points[0].lon)
	}
	scaled(sum.DistanceMeters, 100, m.SetTotalDistance)
	scaled(sum.AverageSpeedMPS, 1000, m.SetEnhancedAvgSpeed)
	scaled(sum.MaxSpeedMPS, 1000, m.SetEnhancedMaxSpeed)
	whole(sum.ElevationGainMeters, m.SetTotalAscent)
	whole(sum.ElevationLossMeters, m.SetTotalDescent)
	whole(sum.AverageHeartRateBPM, m.SetAvgHeartRate)
	whole(sum.MaxHeartRateBPM, m.SetMaxHeartRate)
	whole(sum.AverageCadenceRPM, m.SetAvgCadence)
	whole(sum.AveragePowerWatts, m.SetAvgPower)
	whole(sum.MaxPowerWatts, m.SetMaxPower)
	whole(sum.NormalizedPowerWatts, m.SetNormalizedPower)
	whole(sum.CaloriesKcal, m.SetTotalCalories)
	l.sessions++
	l.timer += *sum.DurationSeconds
	l.add(m.ToMesg(nil))
}

// scaled passes on a value that is known, in fractions of its unit. It rounds,
// where the library's own setters cut off.
func scaled[I uint8 | uint16 | uint32, M any](v *float64, scale float64, set func(I) M) {
	if v != nil {
		set(I(math.Round(*v * scale)))
	}
}

// whole passes on a value that is known, in whole units.
func whole[I uint8 | uint16, M any](v *float64, set func(I) M) { scaled(v, 1, set) }

// settingsFile is what a watch keeps beside its activities.
func settingsFile(until time.Time) (file, error) {
	who := Athlete(until)
	data, err := encodeFIT([]proto.Message{
		mesgdef.NewFileId(nil).SetType(typedef.FileSettings).SetManufacturer(typedef.ManufacturerDevelopment).
			SetProduct(1).SetProductName(newWatch).SetSerialNumber(serialNumber).SetTimeCreated(until.AddDate(0, -1, 0)).ToMesg(nil),
		mesgdef.NewUserProfile(nil).SetGender(typedef.GenderMale).SetAge(age).SetWeightScaled(*who.WeightKg).
			SetHeightScaled(*who.HeightCm / 100).SetRestingHeartRate(uint8(*who.RestingHeartRateBPM)).
			SetDefaultMaxHeartRate(uint8(*who.MaxHeartRateBPM)).ToMesg(nil),
	})
	return file{"Settings.fit", data}, err
}
