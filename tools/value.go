package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A value is a computed quantity with its evidence, or the reason why there is none. The unit is in the name
// of the member that holds it.
type value struct {
	Value *float64 `json:"value,omitempty"`
	evidence
}

// evidence says how something was computed, or why it was not.
type evidence struct {
	Method          string   `json:"method,omitempty"`
	Inputs          []input  `json:"inputs,omitempty"`
	CoveragePercent *float64 `json:"coverage_percent,omitempty"`
	Note            string   `json:"note,omitempty"`
	NotAvailable    string   `json:"not_available,omitempty"`
}

// An input is something that a computation took, and where that came from.
type input struct {
	Name   string          `json:"name"`
	Value  *float64        `json:"value,omitempty"`
	Text   string          `json:"text,omitempty"`
	Source training.Source `json:"source"`
	Note   string          `json:"note,omitempty"`
}

// same reports whether in and other are of the same value from the same source.
func (in input) same(other input) bool {
	return in.Name == other.Name && in.Source == other.Source && in.Note == other.Note && *in.Value == *other.Value
}

// viewValue shows a computed value with so many decimals.
func viewValue(v training.Value, decimals int) value {
	if v.Err != nil {
		return value{evidence: viewEvidence(v.Evidence)}
	}
	shown := rounded(v.Value, decimals)
	if shown == nil {
		return value{evidence: evidence{NotAvailable: notAvailable(noNumber())}}
	}
	return value{Value: shown, evidence: viewEvidence(v.Evidence)}
}

func noNumber() error {
	return &fitness.UnavailableError{Reason: "the recorded values are too large or too small to compute with"}
}

func viewEvidence(e training.Evidence) evidence {
	if e.Err != nil {
		return evidence{NotAvailable: notAvailable(e.Err)}
	}
	v := evidence{Method: string(e.Method), Inputs: viewInputs(e.Inputs), Note: e.Note}
	if e.Coverage > 0 {
		v.CoveragePercent = rounded(100*e.Coverage, 1)
	}
	return v
}

func viewInputs(inputs []training.Input) []input {
	views := make([]input, len(inputs))
	for i, in := range inputs {
		views[i] = input{Name: in.Name, Text: in.Text, Source: in.Source, Note: in.Note}
		if in.Value != nil {
			views[i].Value = rounded(*in.Value, in.Decimals)
		}
	}
	return views
}

func notAvailable(err error) string { return "not available because " + reason(err) }

// reason says why there is no value, and what would provide it.
func reason(err error) string {
	switch e := err.(type) { //nolint:errorlint // each of these is worded around the next inner one
	case *training.MissingError:
		return fmt.Sprintf("%v; ask the athlete and set %s with set_athlete_profile", e, training.Enumerate(e.Fields()))
	case *training.NoLoadError:
		return reason(e.First) + "; by " + e.By + " it is not because " + reason(e.Other)
	case *training.NoLoadsError:
		return "no activity has a load; mostly " + reason(e.Most)
	case *training.NoCriticalPowerError:
		return reason(e.Err) + "; if the athlete knows them, give critical_power_watts and w_prime_kilojoules"
	case *fitness.UnavailableError:
		return e.Reason
	}
	return "of an unexpected input"
}

// text shows v after its name.
func (v value) text(name string) string {
	if v.Value == nil {
		return name + ": " + v.NotAvailable
	}
	s := fmt.Sprintf("%s: %s", name, plain(*v.Value))
	if v.partly() != "" {
		s += " (" + strings.TrimPrefix(v.partly(), ", ") + ")"
	}
	return s
}

// noted is text with why to take the value with care.
func (v value) noted(name string) string {
	if v.Value == nil || v.Note == "" {
		return v.text(name)
	}
	return v.text(name) + " (" + v.Note + ")"
}

// partly says which part of the time a computation covers, if that is not nearly all.
func (e evidence) partly() string {
	if c := e.CoveragePercent; c != nil && *c < 95 {
		return ", coverage " + plain(*c) + " %"
	}
	return ""
}
