package pierre

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A Feel is how an athlete felt in an activity, in the five steps that watches ask for.
type Feel string

// The steps, the worst first.
const (
	FeelVeryWeak   Feel = "very_weak"
	FeelWeak       Feel = "weak"
	FeelNormal     Feel = "normal"
	FeelStrong     Feel = "strong"
	FeelVeryStrong Feel = "very_strong"
)

// Feels lists the steps, the worst first.
func Feels() []Feel { return []Feel{FeelVeryWeak, FeelWeak, FeelNormal, FeelStrong, FeelVeryStrong} }

// FeelOf returns the step of a value from 0, very weak, to 100, very strong; "" for others.
func FeelOf(percent float64) Feel {
	if !(percent >= 0 && percent <= 100) {
		return ""
	}
	return Feels()[int(math.Round(percent/25))]
}

// MaxRPE is the highest rate of perceived exertion, on the scale CR10 of Borg.
const MaxRPE = 10

// RPEOf returns a rate of perceived exertion, or nil if it is none. Who did not rate an activity is written down as 0.
func RPEOf(rpe float64) *float64 {
	if !(rpe > 0 && rpe <= MaxRPE) {
		return nil
	}
	return &rpe
}

// An Impression is what a person says of an activity. A field that is empty was not said.
type Impression struct {
	Note string   `json:"note,omitempty"` // for the athlete alone; a description is for others, too
	RPE  *float64 `json:"rpe,omitempty"`  // rate of perceived exertion, 0 to 10 (Borg CR10), of the whole session
	Feel Feel     `json:"feel,omitempty"`
	Gear string   `json:"gear,omitempty"` // name of the shoes, the bicycle and the like
}

// Complete fills what i lacks from other.
func (i *Impression) Complete(other Impression) {
	i.Note, i.RPE = cmp.Or(i.Note, other.Note), cmp.Or(i.RPE, other.RPE)
	i.Feel, i.Gear = cmp.Or(i.Feel, other.Feel), cmp.Or(i.Gear, other.Gear)
}

// An Annotation is what the athlete says of an activity to this program: it counts for more than what files say, whichever
// are imported. Of a nil field the files' word counts.
type Annotation struct {
	Name *string   `json:"name,omitempty"`
	Note *string   `json:"note,omitempty"`
	RPE  *float64  `json:"rpe,omitempty"`
	Feel *Feel     `json:"feel,omitempty"`
	Race *bool     `json:"race,omitempty"`
	Gear *string   `json:"gear,omitempty"`
	At   time.Time `json:"at,omitzero"` // when it was said; zero: nothing was
}

// Fields names what the athlete said, in the words of the JSON members.
func (a Annotation) Fields() []string {
	var said []string
	for _, f := range []struct {
		name string
		said bool
	}{
		{"name", a.Name != nil},
		{"note", a.Note != nil},
		{"rpe", a.RPE != nil},
		{"feel", a.Feel != nil},
		{"race", a.Race != nil},
		{"gear", a.Gear != nil},
	} {
		if f.said {
			said = append(said, f.name)
		}
	}
	return said
}

// Completed returns a with what it lacks from other.
func (a Annotation) Completed(other Annotation) Annotation {
	a.Name, a.Note, a.RPE = cmp.Or(a.Name, other.Name), cmp.Or(a.Note, other.Note), cmp.Or(a.RPE, other.RPE)
	a.Feel, a.Race, a.Gear = cmp.Or(a.Feel, other.Feel), cmp.Or(a.Race, other.Race), cmp.Or(a.Gear, other.Gear)
	if other.At.After(a.At) {
		a.At = other.At
	}
	return a
}

// Apply puts what the athlete says in place of what files say.
func (a Annotation) Apply(to *Activity) {
	set(&to.Name, a.Name)
	set(&to.Note, a.Note)
	set(&to.Feel, a.Feel)
	set(&to.Race, a.Race)
	set(&to.Gear, a.Gear)
	if a.RPE != nil {
		to.RPE = a.RPE
	}
	to.Said = a.Fields()
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Annotations puts several together: of what more than one says, the latest counts.
func Annotations(all []Annotation) Annotation {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Annotation) int { return b.At.Compare(a.At) })
	var one Annotation
	for _, a := range all {
		one = one.Completed(a)
	}
	return one
}
