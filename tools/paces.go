package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// paceLength is over how many metres the pace of a sport is told.
func paceLength(s pierre.Sport) float64 {
	if s == pierre.SportSwim {
		return 100
	}
	return 1000
}

// paceOf writes a speed as the pace over 100 or 1000 metres: 4:10 /km.
func paceOf(mps, length float64) string {
	unit := " /km"
	if length == 100 {
		unit = " /100 m"
	}
	return fitness.Clock(length/mps) + unit
}

// Paces are the training paces that go with a VDOT, from slow to fast.
type paces struct {
	Paces []paceView `json:"paces,omitempty"`
	evidence
}

type paceView struct {
	Name  fitness.TrainingPace `json:"name" jsonschema:"easy_slow to easy_fast: the range of easy running"`
	Speed *float64             `json:"speed_mps"`
	PerKM *float64             `json:"pace_seconds_per_km"`
}

func viewPaces(p training.Paces) paces {
	v := paces{evidence: viewEvidence(p.Evidence)}
	for _, pace := range p.Paces {
		v.Paces = append(v.Paces, paceView{pace.Name, rounded(pace.Speed, 3), rounded(pace.PerKM, 1)})
	}
	return v
}

func (p paces) text() string {
	if p.NotAvailable != "" {
		return "training paces: " + p.NotAvailable
	}
	var shown []string
	for _, pace := range p.Paces {
		shown = append(shown, fmt.Sprintf("%s %s", strings.ReplaceAll(string(pace.Name), "_", " "), fitness.Clock(*pace.PerKM)))
	}
	return "training paces per km: " + strings.Join(shown, ", ")
}
