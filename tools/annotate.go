package tools

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An AnnotationStore keeps what athletes say of their activities. It outlives imports, mergers and splits.
type AnnotationStore interface {
	AnnotateActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, now time.Time, change func(*pierre.Annotation)) (pierre.Activity, error)
}

func (c *Catalog) annotateActivity() tool {
	return declare(c, spec{
		name:  "annotate_activity",
		title: "Annotate an activity",
		doc: "Keeps the athlete's own words, which win over files. Later imports respect them. " +
			"An exertion (RPE) gives an activity without heart rate, power or pace a load. Only what the athlete says; never guess an RPE.",
		changes: true,
	}, c.annotate)
}

// An annotated is a field that athletes state.
type annotated string

func annotatedFields() []annotated {
	return []annotated{"name", "note", "rpe", "feel", "race", "gear"}
}

type annotateArgs struct {
	ID    pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Name  *string           `json:"name,omitempty" jsonschema:"What to call it." brief:"" limits:"1,200"`
	Note  *string           `json:"note,omitempty" jsonschema:"How it was, in the athlete's words. It takes the place of the note before." brief:"" limits:"1,1000"`
	RPE   *float64          `json:"rpe,omitempty" jsonschema:"How hard the whole session was: 0 rest, 3 moderate, 5 hard, 7 very hard, 10 maximal (Borg CR10)." brief:"Borg CR10" limits:"0,10"`
	Feel  *pierre.Feel      `json:"feel,omitempty" jsonschema:"How the athlete felt." brief:""`
	Race  *bool             `json:"race,omitempty" jsonschema:"Whether it was a race." brief:""`
	Gear  *string           `json:"gear,omitempty" jsonschema:"Name of the shoes or the bicycle, as get_gear lists it; a new name is new gear." brief:"its name" limits:"1,100"`
	Clear []annotated       `json:"clear,omitempty" jsonschema:"Take these own words back, so that what files say shows again." brief:"-" limits:"1,6"`
}

func (a annotateArgs) texts() []*string { return []*string{a.Name, a.Note, a.Gear} }

func (a annotateArgs) problems() []string {
	given := pierre.Annotation{Name: a.Name, Note: a.Note, RPE: a.RPE, Feel: a.Feel, Race: a.Race, Gear: a.Gear}.Fields()
	if len(given) == 0 && len(a.Clear) == 0 {
		return []string{"nothing to note: give at least one of " + words(annotatedFields()) + ", clear."}
	}
	var problems []string
	for i, text := range a.texts() {
		if text != nil && strings.TrimSpace(*text) == "" {
			problems = append(problems, []string{"name", "note", "gear"}[i]+" must not be blank; clear takes it back.")
		}
	}
	for _, field := range a.Clear {
		if slices.Contains(given, string(field)) {
			problems = append(problems, string(field)+" is given and in clear.")
		}
	}
	return problems
}

// change makes what was asked for of what the athlete said before.
func (a annotateArgs) change(words *pierre.Annotation) {
	for _, field := range a.Clear {
		switch field {
		case "name":
			words.Name = nil
		case "note":
			words.Note = nil
		case "rpe":
			words.RPE = nil
		case "feel":
			words.Feel = nil
		case "race":
			words.Race = nil
		case "gear":
			words.Gear = nil
		}
	}
	said := pierre.Annotation{Name: a.Name, Note: a.Note, RPE: a.RPE, Feel: a.Feel, Race: a.Race, Gear: a.Gear}
	*words = said.Completed(*words)
}

// An annotatedAnswer is an activity with what is said of it.
type annotatedAnswer struct {
	activityView

	Note string   `json:"note,omitempty"`
	Said []string `json:"own_words,omitempty" jsonschema:"what counts as the athlete said it here, whatever files say"`
}

func (a annotatedAnswer) text() string {
	text := a.line() + "\n"
	if a.Note != "" {
		text += "note: " + shorten(a.Note, 120) + "\n"
	}
	if len(a.Said) == 0 {
		return text + "Nothing of it is the athlete's own word now: it shows what files say."
	}
	return text + "In the athlete's own words: " + strings.Join(a.Said, ", ") + "."
}

func (c *Catalog) annotate(ctx context.Context, user pierre.UserID, args annotateArgs) (annotatedAnswer, error) {
	for _, text := range args.texts() {
		if text != nil {
			*text = strings.TrimSpace(*text)
		}
	}
	a, err := c.data.AnnotateActivity(ctx, user, args.ID, c.now(), args.change)
	return annotatedAnswer{viewActivity(a), a.Note, a.Said}, unknownActivity(err, args.ID)
}
