package tools

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
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
	Name   string   `json:"name"`
	Value  *float64 `json:"value,omitempty"`
	Text   string   `json:"text,omitempty"`
	Source source   `json:"source"`
	Note   string   `json:"note,omitempty"`
}

// A source says where an input came from.
type source string

const (
	fromRecording source = "recorded"
	fromUser      source = "user"
	fromEstimate  source = "estimated"
)

func valueSchema(doc string) schema {
	return object(doc, append([]field{opt("value", number(""))}, evidenceFields()...)...)
}

// evidenceFields is repeated in many schemas, so it is short; [Instructions] explain it.
func evidenceFields() []field {
	return []field{
		opt("method", str("")),
		opt("inputs", array("", inputSchema())),
		opt("coverage_percent", number("")),
		opt("note", str("")),
		opt("not_available", str("")),
	}
}

func inputSchema() schema {
	return object("",
		req("name", str("")),
		opt("value", number("")),
		opt("text", str("")),
		req("source", choice("", fromRecording, fromUser, fromEstimate)),
		opt("note", str("")))
}

// computed makes a value of a result of package fitness.
func computed(r fitness.Result, err error, decimals int, inputs ...input) value {
	if err != nil {
		return unavailable(err)
	}
	v := value{Value: rounded(r.Value, decimals), evidence: evidence{Method: string(r.Method), Inputs: inputs, Note: r.Note}}
	if percent, ok := r.CoveragePercent(); ok {
		v.CoveragePercent = rounded(percent, 1)
	}
	return v
}

// unavailable makes a value of the reason why there is none.
func unavailable(err error) value { return value{evidence: noEvidence(err)} }

func noEvidence(err error) evidence {
	reason := "of an unexpected input"
	if e, ok := errors.AsType[*fitness.UnavailableError](err); ok {
		reason = e.Reason
	}
	return evidence{NotAvailable: "not available because " + reason}
}

// A need is something that a computation takes and only the athlete knows.
type need struct{ what, field string }

// missing is the error of a computation that lacks its needs, or nil if there are none.
func missing(needs ...need) error {
	if len(needs) == 0 {
		return nil
	}
	var what, fields []string
	for _, n := range needs {
		what, fields = append(what, n.what), append(fields, n.field)
	}
	verb := "is"
	if len(needs) > 1 {
		verb = "are"
	}
	return &fitness.UnavailableError{Reason: fmt.Sprintf("%s %s not known; ask the athlete and set %s with set_athlete_profile",
		enumerate(what), verb, enumerate(fields))}
}

func enumerate(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// text shows v after its name.
func (v value) text(name string) string {
	if v.Value == nil {
		return name + ": " + v.NotAvailable
	}
	s := fmt.Sprintf("%s: %s", name, plain(*v.Value))
	if v.CoveragePercent != nil && *v.CoveragePercent < 95 {
		s += fmt.Sprintf(" (coverage %s %%)", plain(*v.CoveragePercent))
	}
	return s
}
