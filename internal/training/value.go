package training

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
)

// A Value is a computed number with its evidence. The number means nothing if Err is set.
type Value struct {
	Value float64
	Evidence
}

// Evidence says how something was computed, or why it was not.
type Evidence struct {
	Method   fitness.Method
	Inputs   []Input
	Coverage float64 // share (0, 1] of the recorded time that had the samples; 0: not computed from samples
	Note     string
	Err      error // why there is no value
}

// An Input is something that a computation took, and where that came from.
type Input struct {
	Name     string
	Value    *float64 // nil: a series of samples, or Text
	Decimals int      // of Value that mean something
	Text     string
	Source   Source
	Note     string
}

// A Source says where an input came from.
type Source string

// The sources.
const (
	Recorded  Source = "recorded"  // by a device, or in an imported file
	User      Source = "user"      // the athlete said so
	Measured  Source = "measured"  // on a day, by a scale or a watch
	Estimated Source = "estimated" // by a formula or a rule
)

// Sources lists the sources.
func Sources() []Source { return []Source{Recorded, User, Measured, Estimated} }

// computed makes a value of a result of package fitness.
func computed(r fitness.Result, err error, inputs ...Input) Value {
	if err != nil {
		return unavailable(err)
	}
	return Value{r.Value, Evidence{Method: r.Method, Inputs: inputs, Coverage: r.Coverage, Note: r.Note}}
}

// unavailable makes a value of the reason why there is none.
func unavailable(err error) Value { return Value{Evidence: Evidence{Err: err}} }

func samplesInput(channel string) Input { return Input{Name: channel, Source: Recorded} }

// because is an error with a reason that completes "not available because".
func because(format string, args ...any) error {
	return &fitness.UnavailableError{Reason: fmt.Sprintf(format, args...)}
}

// A Need is something that a computation takes and only the athlete knows.
type Need struct {
	What  string // such as "the body weight"
	Field string // of the profile, by its JSON name
}

// A MissingError is that of a computation that lacks something of the profile.
type MissingError struct{ Needs []Need }

func (e *MissingError) Error() string {
	what := make([]string, len(e.Needs))
	for i, n := range e.Needs {
		what[i] = n.What
	}
	verb := "is"
	if len(what) > 1 {
		verb = "are"
	}
	return fmt.Sprintf("%s %s not known", Enumerate(what), verb)
}

// Fields names the members of the profile that would mend the error.
func (e *MissingError) Fields() []string {
	fields := make([]string, len(e.Needs))
	for i, n := range e.Needs {
		fields[i] = n.Field
	}
	return fields
}

// missing is the error of a computation that lacks its needs, or nil if there are none.
func missing(needs ...Need) error {
	if len(needs) == 0 {
		return nil
	}
	return &MissingError{needs}
}

// Enumerate joins words as a sentence does.
func Enumerate(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// A NoLoadError says why an activity that has what two kinds of load are computed from has neither.
type NoLoadError struct {
	First error
	By    string // what the other kind is by
	Other error
}

func (e *NoLoadError) Error() string {
	return fmt.Sprintf("%v; by %s it is not because %v", e.First, e.By, e.Other)
}

// Unwrap returns both reasons.
func (e *NoLoadError) Unwrap() []error { return []error{e.First, e.Other} }

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
