package fit

import (
	"math"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// settings are what a device was told about its athlete, and wrote into the recording. What was not told is 0.
type settings struct {
	age         float64 // years
	weight      float64 // kg
	ftp         float64 // W, of any sport
	ridden      float64 // W, that of a ride
	maxHR       float64 // bpm
	thresholdHR float64 // bpm
	zonesBy     typedef.HrZoneCalc
}

// take takes over what a message says, if it is one that says such things.
func (s *settings) take(m *proto.Message) {
	switch m.Num {
	case mesgnum.UserProfile:
		u := mesgdef.NewUserProfile(m)
		if u.Age != basetype.Uint8Invalid {
			s.age = float64(u.Age)
		}
		if u.Weight != basetype.Uint16Invalid {
			s.weight = u.WeightScaled()
		}
	case mesgnum.ZonesTarget:
		z := mesgdef.NewZonesTarget(m)
		if z.FunctionalThresholdPower != basetype.Uint16Invalid {
			s.ftp = float64(z.FunctionalThresholdPower)
		}
		s.heartRates(z.MaxHeartRate, z.ThresholdHeartRate, z.HrCalcType)
	case mesgnum.TimeInZone: // there is one for each lap, too
		if m.FieldValueByNum(fieldnum.TimeInZoneReferenceMesg).Uint16() == uint16(typedef.MesgNumSession) {
			z := mesgdef.NewTimeInZone(m)
			s.heartRates(z.MaxHeartRate, z.ThresholdHeartRate, z.HrCalcType)
		}
	default:
	}
}

// session takes over the threshold power by which the device computed the stress of a ride.
func (s *settings) session(sport pierre.Sport, m *mesgdef.Session) {
	if sport.IsRide() && m.ThresholdPower != basetype.Uint16Invalid {
		s.ridden = float64(m.ThresholdPower)
	}
}

func (s *settings) heartRates(highest, threshold uint8, by typedef.HrZoneCalc) {
	if highest != basetype.Uint8Invalid && highest > 0 {
		s.maxHR, s.zonesBy = float64(highest), by
	}
	if threshold != basetype.Uint8Invalid && threshold > 0 {
		s.thresholdHR, s.zonesBy = float64(threshold), by
	}
}

// What devices come with, before anybody tells them anything.
const (
	factoryFTP    = 200 // W
	factoryMaxHR  = 185 // bpm
	factoryWeight = 75  // kg
)

// believed returns those of the settings that somebody entered or measured, as far as can be told; docs/METHODS.md,
// "What held when", has the rules.
func (s *settings) believed(sessions []session) pierre.Profile {
	var p pierre.Profile
	rides, moves, highest := true, true, 0.0
	for _, one := range sessions {
		rides = rides && one.sport.IsRide()
		moves = moves && (one.sport.IsRide() || one.sport.IsRun())
		if hr := one.totals.MaxHeartRateBPM; hr != nil {
			highest = max(highest, *hr)
		}
	}
	ftp := s.ridden
	if ftp == 0 && rides {
		ftp = s.ftp
	}
	if ftp >= 60 && ftp <= 600 && ftp != factoryFTP {
		p.FTPWatts = &ftp
	}
	if w := s.weight; w >= 30 && w <= 250 && w != factoryWeight {
		p.WeightKg = &w
	}
	if m := s.maxHR; m >= 120 && m <= 230 && m >= highest && s.choseMaxHR() {
		p.MaxHeartRateBPM = &m
	}
	byThreshold := s.zonesBy == typedef.HrZoneCalcPercentLthr
	if t := s.thresholdHR; byThreshold && moves && t >= 90 && t <= 220 && (s.maxHR == 0 || t < s.maxHR) {
		p.ThresholdHRBPM = &t
	}
	return p
}

// choseMaxHR reports whether the maximum heart rate is neither what devices come with nor what they compute from the age. Of a
// device that does not know the age, or does not use the value, this cannot be told.
func (s *settings) choseMaxHR() bool {
	used := s.zonesBy == typedef.HrZoneCalcPercentMaxHr || s.zonesBy == typedef.HrZoneCalcPercentHrr
	return used && s.age > 0 && s.maxHR != factoryMaxHR && math.Abs(s.maxHR-(220-s.age)) > 1
}
