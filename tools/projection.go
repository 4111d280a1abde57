package tools

import (
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A projection is how form goes on if each day has the same load.
type projection struct {
	Until string         `json:"until" jsonschema:"last day"`
	Daily value          `json:"daily_load" jsonschema:"of each day after the last one with recorded loads"`
	CTL   value          `json:"ctl" jsonschema:"on the last day, as are the others"`
	ATL   value          `json:"atl"`
	TSB   value          `json:"tsb" jsonschema:"before the load of that day"`
	Days  []projectedDay `json:"days" jsonschema:"each of at most 14 days; of more, Sundays and the last"`
}

type projectedDay struct {
	Date string   `json:"date"`
	CTL  *float64 `json:"ctl"`
	ATL  *float64 `json:"atl"`
	TSB  *float64 `json:"tsb"`
}

type sportLoad struct {
	Sport      pierre.Sport `json:"sport_type" jsonschema:"run stands for all running, ride for all cycling"`
	Activities int          `json:"activities" jsonschema:"with a load"`
	Load       *float64     `json:"load"`
}

// longestProjection is how many days ahead a projection may go.
const longestProjection = 365

// project returns the projection that is asked for, nil if none is.
func (a loadArgs) project(h training.History) (*projection, error) {
	until, asked := a.Until.day()
	if !asked {
		return nil, nil //nolint:nilnil // most questions ask for none
	}
	latest := h.To.AddDate(0, 0, longestProjection)
	if !until.After(h.To) || until.After(latest) {
		return nil, wrongArguments([]string{fmt.Sprintf("project_until must be a day from %s to %s, not %s.",
			h.To.AddDate(0, 0, 1).Format(time.DateOnly), latest.Format(time.DateOnly), a.Until)})
	}
	var p training.Projection
	switch {
	case a.TargetTSB != nil:
		p = h.Taper(until, *a.TargetTSB)
	case a.Daily != nil:
		p = h.Project(until, *a.Daily)
	default:
		p = h.Project(until, 0)
	}
	v := &projection{
		Until: string(a.Until), Daily: viewValue(p.Load, 1), Days: []projectedDay{},
		CTL: viewValue(p.Form.Fitness, 2), ATL: viewValue(p.Form.Fatigue, 2), TSB: viewValue(p.Form.Balance, 2),
	}
	for _, d := range p.Days {
		v.Days = append(v.Days, projectedDay{d.Day.Format(time.DateOnly), rounded(d.Fitness, 1), rounded(d.Fatigue, 1), rounded(d.Balance, 1)})
	}
	return v, nil
}

func (p projection) text() string {
	if p.TSB.Value == nil {
		return "projection to " + p.Until + ": " + p.TSB.NotAvailable
	}
	return fmt.Sprintf("with a load of %s a day until %s: %s, %s, %s", plain(*p.Daily.Value), p.Until,
		p.CTL.text("fitness"), p.ATL.text("fatigue"), p.TSB.text("form"))
}
