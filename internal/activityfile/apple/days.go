package apple

import (
	"encoding/xml"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// kindOf returns what values of days a quantity makes, by its type without "HKQuantityTypeIdentifier"; "" if it makes none.
func kindOf(quantity string) pierre.WellnessKind {
	switch quantity {
	case "StepCount":
		return pierre.WellnessSteps
	case "ActiveEnergyBurned":
		return pierre.WellnessActiveEnergy
	case "RestingHeartRate":
		return pierre.WellnessRestingHeartRate
	case "HeartRateVariabilitySDNN":
		return pierre.WellnessHRVSDNN
	case "RespiratoryRate":
		return pierre.WellnessRespiration
	case "OxygenSaturation":
		return pierre.WellnessOxygen
	case "AppleSleepingWristTemperature":
		return pierre.WellnessSkinTemperature
	case "BodyMass":
		return pierre.WellnessWeight
	case "BodyFatPercentage":
		return pierre.WellnessBodyFat
	case "VO2Max":
		return pierre.WellnessVO2Max
	case "BloodPressureSystolic":
		return pierre.WellnessSystolic
	case "BloodPressureDiastolic":
		return pierre.WellnessDiastolic
	case "DietaryWater":
		return pierre.WellnessHydration
	case "DietaryEnergyConsumed":
		return pierre.WellnessEaten
	default:
		return ""
	}
}

// read takes a record of a quantity that makes values of days.
func (a *Reader) read(kind pierre.WellnessKind, e xml.StartElement) {
	value, ok := a.Days.Convert(kind, xmldoc.Decimal(xmldoc.Attr(e, "value")), xmldoc.Attr(e, "unit"))
	if !ok {
		return
	}
	start, offset := timeOf(xmldoc.Attr(e, "startDate"))
	end, _ := timeOf(xmldoc.Attr(e, "endDate"))
	if math.IsNaN(end) {
		end = start
	}
	a.Days.Read(days.Reading{Kind: kind, Value: value, Start: start, End: end, Offset: offset, Device: draft.Clip(xmldoc.Attr(e, "sourceName"), maxName)})
}

// summary takes the energy of a day, of all devices together. A day without any is one on which no watch was worn.
func (a *Reader) summary(e xml.StartElement) {
	day, err := time.Parse(time.DateOnly, xmldoc.Attr(e, "dateComponents"))
	value := xmldoc.Decimal(xmldoc.Attr(e, "activeEnergyBurned"))
	if err != nil || !(value > 0) {
		return
	}
	if value, ok := a.Days.Convert(pierre.WellnessActiveEnergy, value, xmldoc.Attr(e, "activeEnergyBurnedUnit")); ok {
		a.Days.Give(day, pierre.WellnessActiveEnergy, &value)
	}
}

// sleep takes a record of sleep. Unlike other dates of an export, its time zone may be noted: that of where it was slept.
func (a *Reader) sleep(e xml.StartElement) error {
	stage, ok := stageOf(xmldoc.Attr(e, "value"))
	start, offset := timeOf(xmldoc.Attr(e, "startDate"))
	end, _ := timeOf(xmldoc.Attr(e, "endDate"))
	device := draft.Clip(xmldoc.Attr(e, "sourceName"), maxName)
	zone := ""
	err := a.Children(func(e xml.StartElement) error {
		if xmldoc.Attr(e, "key") == "HKTimeZone" {
			zone = draft.Clip(xmldoc.Attr(e, "value"), maxName)
		}
		return nil
	})
	if at := a.location(zone); at != nil && !math.IsNaN(start) {
		_, offset = draft.FromUnix(start).In(at).Zone()
	}
	if ok {
		a.Days.Sleep(stage, start, end, offset, device)
	}
	return err
}

// stageOf returns what a value of sleep analysis says. Before iOS 16 there was only Asleep.
func stageOf(value string) (days.Stage, bool) {
	switch strings.TrimPrefix(value, "HKCategoryValueSleepAnalysis") {
	case "InBed":
		return days.InBed, true
	case "Asleep", "AsleepUnspecified":
		return days.Asleep, true
	case "AsleepCore":
		return days.Light, true
	case "AsleepDeep":
		return days.Deep, true
	case "AsleepREM":
		return days.REM, true
	case "Awake":
		return days.Awake, true
	default:
		return 0, false
	}
}
