package workoutfile

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"
	"strings"

	"github.com/muktihari/fit/encoder"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

const (
	nameBytes = 60  // of a workout's name: what devices show
	textBytes = 250 // of other text, which ends with a zero byte and has a length of one byte
)

// Offsets by which the FIT profile tells watts from percentages of FTP, and bpm from percentages of the maximum.
const (
	wattsOffset = 1000
	bpmOffset   = 100
)

// Devices alarm outside of a target's range, so that one number becomes the range around it.
const (
	aroundPower = 0.05
	aroundOther = 0.03
)

// encodeFIT writes a FIT workout file: file_id, workout, and a workout_step for each step and for each repetition.
func encodeFIT(w pierre.Workout, by workout.Thresholds) ([]byte, error) {
	var steps []proto.Message
	add := func(s *mesgdef.WorkoutStep) { steps = append(steps, s.ToMesg(nil)) }
	next := func() *mesgdef.WorkoutStep {
		return mesgdef.NewWorkoutStep(nil).SetMessageIndex(typedef.MessageIndex(len(steps)))
	}
	for _, s := range workout.Unrolled(w.Steps) {
		if s.Repeat == 0 {
			add(fitStep(next(), w.Sport, s, by))
			continue
		}
		first := len(steps)
		for _, inner := range s.Steps {
			add(fitStep(next(), w.Sport, inner, by))
		}
		add(next().SetDurationType(typedef.WktStepDurationRepeatUntilStepsCmplt).SetDurationValue(uint32(first)).
			SetTargetType(typedef.WktStepTargetOpen).SetTargetValue(uint32(s.Repeat)))
	}
	sport, sub := fitSport(w.Sport)
	about := mesgdef.NewWorkout(nil).SetSport(sport).SetSubSport(sub).SetNumValidSteps(uint16(len(steps))).SetWktName(cut(w.Name, nameBytes))
	if w.Note != "" {
		about.SetWktDescription(cut(w.Note, textBytes))
	}
	messages := append([]proto.Message{
		mesgdef.NewFileId(nil).SetType(typedef.FileWorkout).SetManufacturer(typedef.ManufacturerDevelopment).SetProduct(1).
			SetSerialNumber(crc32.ChecksumIEEE([]byte(w.ID)) | 1).SetTimeCreated(w.Updated).ToMesg(nil), // which devices tell files apart by; 0 is none
		about.ToMesg(nil),
	}, steps...)
	var b bytes.Buffer
	enc := encoder.New(&b, encoder.WithProtocolVersion(proto.V2), encoder.WithHeaderOption(encoder.HeaderOptionNormal, 0))
	if err := enc.Encode(&proto.FIT{Messages: messages}); err != nil {
		return nil, fmt.Errorf("encoding a FIT workout: %w", err)
	}
	return b.Bytes(), nil
}

func fitStep(m *mesgdef.WorkoutStep, sport pierre.Sport, s pierre.WorkoutStep, by workout.Thresholds) *mesgdef.WorkoutStep {
	switch {
	case s.Seconds > 0:
		m.SetDurationType(typedef.WktStepDurationTime).SetDurationValue(uint32(math.Round(s.Seconds * 1000)))
	case s.Meters > 0:
		m.SetDurationType(typedef.WktStepDurationDistance).SetDurationValue(uint32(math.Round(s.Meters * 100)))
	default:
		m.SetDurationType(typedef.WktStepDurationOpen)
	}
	m.SetIntensity(map[pierre.StepKind]typedef.Intensity{
		pierre.StepWork: typedef.IntensityActive, pierre.StepWarmUp: typedef.IntensityWarmup, pierre.StepRecovery: typedef.IntensityRecovery,
		pierre.StepRest: typedef.IntensityRest, pierre.StepCoolDown: typedef.IntensityCooldown,
	}[s.Kind])
	m.SetTargetType(typedef.WktStepTargetOpen)
	if t, ok := fitTarget(s.Target, by); ok {
		m.SetTargetType(t.kind).SetTargetValue(0).SetCustomTargetValueLow(t.low).SetCustomTargetValueHigh(t.high)
	} else if s.Target != nil { // such as an exertion: devices show the words
		m.SetWktStepName(workout.Target(sport, *s.Target)).SetNotes(strings.ToUpper(workout.Target(sport, *s.Target)))
	}
	if c := s.Cadence; c != nil {
		low, high := around(c.Low, c.High, aroundOther)
		if m.TargetType == typedef.WktStepTargetOpen {
			m.SetTargetType(typedef.WktStepTargetCadence).SetTargetValue(0).SetCustomTargetValueLow(whole(low)).SetCustomTargetValueHigh(whole(high))
		} else {
			m.SetSecondaryTargetType(typedef.WktStepTargetCadence).SetSecondaryTargetValue(0).
				SetSecondaryCustomTargetValueLow(whole(low)).SetSecondaryCustomTargetValueHigh(whole(high))
		}
	}
	return m
}

// A customTarget is a target in the units of the profile.
type customTarget struct {
	kind      typedef.WktStepTarget
	low, high uint32
}

// fitTarget returns a target in the units of the profile, if it has them.
func fitTarget(t *pierre.StepTarget, by workout.Thresholds) (target customTarget, ok bool) {
	if t == nil {
		return target, false
	}
	switch t.By {
	case pierre.TargetWatts:
		a, b := around(t.Low, t.High, aroundPower)
		return customTarget{typedef.WktStepTargetPower, whole(a) + wattsOffset, whole(b) + wattsOffset}, true
	case pierre.TargetPercentFTP:
		a, b := around(t.Low, t.High, aroundPower)
		return customTarget{typedef.WktStepTargetPower, whole(a), whole(b)}, true
	case pierre.TargetBPM:
		a, b := around(t.Low, t.High, aroundOther)
		return customTarget{typedef.WktStepTargetHeartRate, whole(a) + bpmOffset, whole(b) + bpmOffset}, true
	case pierre.TargetPercentHRMax:
		a, b := around(t.Low, t.High, aroundOther)
		return customTarget{typedef.WktStepTargetHeartRate, whole(a), min(whole(b), bpmOffset)}, true
	case pierre.TargetPercentLTHR:
		if by.ThresholdBPM == nil {
			return target, false
		}
		a, b := around(t.Low/100**by.ThresholdBPM, t.High/100**by.ThresholdBPM, aroundOther)
		return customTarget{typedef.WktStepTargetHeartRate, whole(a) + bpmOffset, whole(b) + bpmOffset}, true
	case pierre.TargetPace, pierre.TargetPercentPace:
		slow, fast, known := by.Speed(t)
		a, b := around(slow, fast, aroundOther)
		return customTarget{typedef.WktStepTargetSpeed, whole(1000 * a), whole(1000 * b)}, known
	case pierre.TargetRPE:
	}
	return target, false
}

func around(low, high, share float64) (float64, float64) {
	if low == high {
		return low * (1 - share), high * (1 + share)
	}
	return low, high
}

func whole(v float64) uint32 { return uint32(math.Round(v)) }

// fitSport returns the sport of the FIT profile.
func fitSport(s pierre.Sport) (typedef.Sport, typedef.SubSport) {
	of := map[pierre.Sport]struct {
		sport typedef.Sport
		sub   typedef.SubSport
	}{
		pierre.SportRun: {typedef.SportRunning, typedef.SubSportGeneric}, pierre.SportTrailRunning: {typedef.SportRunning, typedef.SubSportTrail},
		pierre.SportVirtualRun: {typedef.SportRunning, typedef.SubSportVirtualActivity},
		pierre.SportRide:       {typedef.SportCycling, typedef.SubSportGeneric}, pierre.SportVirtualRide: {typedef.SportCycling, typedef.SubSportVirtualActivity},
		pierre.SportMountainBike: {typedef.SportCycling, typedef.SubSportMountain}, pierre.SportGravelRide: {typedef.SportCycling, typedef.SubSportGravelCycling},
		pierre.SportEBikeRide: {typedef.SportEBiking, typedef.SubSportGeneric}, pierre.SportSwim: {typedef.SportSwimming, typedef.SubSportLapSwimming},
		pierre.SportWalk: {typedef.SportWalking, typedef.SubSportGeneric}, pierre.SportHike: {typedef.SportHiking, typedef.SubSportGeneric},
		pierre.SportStrengthTraining: {typedef.SportTraining, typedef.SubSportStrengthTraining}, "yoga": {typedef.SportTraining, typedef.SubSportYoga},
		"pilates": {typedef.SportTraining, typedef.SubSportPilates}, "rowing": {typedef.SportRowing, typedef.SubSportGeneric},
		"cross_country_skiing": {typedef.SportCrossCountrySkiing, typedef.SubSportGeneric}, "kayaking": {typedef.SportKayaking, typedef.SubSportGeneric},
		"inline_skating": {typedef.SportInlineSkating, typedef.SubSportGeneric},
	}[s]
	return of.sport, of.sub // the zero ones are generic
}
