package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
)

// Paces are the training paces that go with a VDOT, from slow to fast.
type paces struct {
	Paces []paceView `json:"paces,omitempty"`
	evidence
}

type paceView struct {
	Name  fitness.TrainingPace `json:"name"`
	Speed *float64             `json:"speed_mps"`
	PerKM *float64             `json:"pace_seconds_per_km"`
}

func pacesSchema() schema {
	return object("training paces of the VDOT, on the level, from slow to fast", append([]field{
		opt("paces", array("", object("",
			req("name", choice("easy_slow to easy_fast: the range of easy running", fitness.TrainingPaces()...)),
			req("speed_mps", number("")),
			req("pace_seconds_per_km", number(""))))),
	}, evidenceFields()...)...)
}

func trainingPaces(vdot fitness.Result) paces {
	p := paces{evidence: evidence{Method: string(fitness.MethodVDOTPaces), Inputs: []input{
		{Name: "vdot_ml_per_kg_min", Value: rounded(vdot.Value, 1), Source: fromRecording, Note: "of the evidence"},
	}}}
	for _, name := range fitness.TrainingPaces() {
		speed, err := name.Speed(vdot.Value)
		if err != nil {
			return paces{evidence: noEvidence(err)}
		}
		p.Note = speed.Note
		if seconds, ok := fitness.Pace(speed.Value, 1000); ok {
			p.Paces = append(p.Paces, paceView{name, rounded(speed.Value, 3), rounded(seconds, 1)})
		}
	}
	return p
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
