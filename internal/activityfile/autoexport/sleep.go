package autoexport

import (
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func nan() float64 { return math.NaN() }

// A sleep is a value of sleep_analysis: a night that the app summed up, or a stretch of one.
type sleep struct {
	Date   string `json:"date"`
	Source string `json:"source"`

	Start string `json:"startDate"`
	End   string `json:"endDate"`
	Value string `json:"value"`

	Total      *jsondoc.Number `json:"totalSleep"`
	Asleep     *jsondoc.Number `json:"asleep"`
	Core       *jsondoc.Number `json:"core"`
	Deep       *jsondoc.Number `json:"deep"`
	REM        *jsondoc.Number `json:"rem"`
	Awake      *jsondoc.Number `json:"awake"`
	InBed      *jsondoc.Number `json:"inBed"`
	SleepStart string          `json:"sleepStart"`
	SleepEnd   string          `json:"sleepEnd"`
	InBedStart string          `json:"inBedStart"`
}

func (d *Document) sleep(s sleep, units string) {
	if s.Value != "" {
		stage, ok := stageOf(s.Value)
		start, offset := timeOf(s.Start)
		end, _ := timeOf(s.End)
		if ok {
			d.Days.Sleep(stage, start, end, offset, draft.Clip(s.Source, draft.MaxTitle))
		}
		return
	}
	end, offset := timeOf(s.SleepEnd)
	if math.IsNaN(end) {
		end, offset = timeOf(s.Date)
	}
	local := draft.FromUnix(end + float64(offset))
	if math.IsNaN(end) {
		day, err := time.Parse(time.DateOnly, s.Date)
		if err != nil {
			d.Days.Undated()
			return
		}
		local = day
	}
	midnight := local.Truncate(24 * time.Hour)
	give := func(kind pierre.WellnessKind, n *jsondoc.Number, zero bool) {
		v := n.Known()
		if v == nil || *v <= 0 && !zero {
			return
		}
		if seconds, ok := d.Days.Convert(kind, *v, units); ok {
			d.Days.Give(midnight, kind, &seconds)
		}
	}
	staged := s.Core.Positive(1) != nil || s.Deep.Positive(1) != nil || s.REM.Positive(1) != nil
	total := s.Total
	if total.Positive(1) == nil {
		total = s.Asleep
	}
	give(pierre.WellnessSleep, total, false)
	give(pierre.WellnessInBed, s.InBed, false)
	if staged {
		give(pierre.WellnessLightSleep, s.Core, true)
		give(pierre.WellnessDeepSleep, s.Deep, true)
		give(pierre.WellnessREMSleep, s.REM, true)
		give(pierre.WellnessAwake, s.Awake, true)
	}
	bed := s.SleepStart
	if s.InBed.Positive(1) != nil {
		bed = s.InBedStart
	}
	for kind, text := range map[pierre.WellnessKind]string{pierre.WellnessBedtime: bed, pierre.WellnessWakeTime: s.SleepEnd} {
		if at, offset := timeOf(text); !math.IsNaN(at) {
			d.Days.Give(midnight, kind, new(at+float64(offset)-draft.Unix(midnight)))
		}
	}
}
