package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A DecisionStore keeps what athletes decide of their activities. Imports respect it.
type DecisionStore interface {
	// MergeActivities makes other a part of the activity id.
	MergeActivities(ctx context.Context, user pierre.UserID, id, other pierre.ActivityID) error
	// KeepApart notes that two activities are not the same.
	KeepApart(ctx context.Context, user pierre.UserID, id, other pierre.ActivityID) error
	// SplitActivity makes an activity of each source, or one of those that file names.
	SplitActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, file string) (pierre.Split, error)
	// DeleteActivity deletes an activity, or only the sources that file names. Imports leave out what was deleted.
	DeleteActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, file string, now time.Time) (pierre.Deletion, error)
	// AllowDeleted lets imports bring back what was deleted of an activity, and returns how many recordings that is.
	AllowDeleted(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (int, error)
	// HideActivity takes an activity out of lists and sums, or back into them.
	HideActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, hidden bool) error
}

func (c *Catalog) mergeActivities() tool {
	return declare(c, spec{
		name:  "merge_activities",
		title: "Merge two activities",
		doc: "Makes two recordings of one outing one activity, or with keep_apart notes that they are two. Imports respect it ever after. " +
			"Only if the athlete says so; split_activity takes a merger back.",
		changes: true, once: true,
	}, c.merge)
}

type mergeArgs struct {
	ID        pierre.ActivityID `json:"activity_id" jsonschema:"The id that stays." brief:"" limits:"1,100"`
	Other     pierre.ActivityID `json:"other_activity_id" jsonschema:"The activity that becomes a part of it." brief:"" limits:"1,100"`
	KeepApart bool              `json:"keep_apart,omitempty" jsonschema:"true: they are two, and both count." brief:"they are two"`
}

// A decided answers what changes activities.
type decided struct {
	IDs  []pierre.ActivityID `json:"activity_ids" jsonschema:"of what there is now"`
	Note string              `json:"note"`
}

func (d decided) text() string {
	ids := make([]string, len(d.IDs))
	for i, id := range d.IDs {
		ids[i] = string(id)
	}
	return d.Note + "\n" + strings.Join(ids, ", ")
}

func (c *Catalog) merge(ctx context.Context, user pierre.UserID, args mergeArgs) (decided, error) {
	if args.KeepApart {
		err := c.data.KeepApart(ctx, user, args.ID, args.Other)
		return decided{[]pierre.ActivityID{args.ID, args.Other}, "They are kept apart, and both count."}, unknownOfTwo(err, args)
	}
	if err := c.data.MergeActivities(ctx, user, args.ID, args.Other); err != nil {
		return decided{}, unknownOfTwo(err, args)
	}
	return decided{[]pierre.ActivityID{args.ID}, "They are one activity now: the values are those of the richer recording, completed by the other's. Nothing is added up."}, nil
}

func (c *Catalog) splitActivity() tool {
	return declare(c, spec{
		name:  "split_activity",
		title: "Split an activity",
		doc: "Makes an activity of each source of one that was merged wrongly, or takes one source out. Imports respect it ever after. " +
			"Only if the athlete says so; merge_activities takes it back.",
		changes: true, once: true,
	}, c.split)
}

type splitArgs struct {
	ID     pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Source string            `json:"source,omitempty" jsonschema:"Takes only this source out: its file or provider, as get_activity shows it. Default: each becomes an activity." brief:"only this file or provider" limits:"1,1024"`
}

func (c *Catalog) split(ctx context.Context, user pierre.UserID, args splitArgs) (decided, error) {
	done, err := c.data.SplitActivity(ctx, user, args.ID, args.Source)
	if err != nil {
		return decided{}, unknownActivity(err, args.ID)
	}
	d := decided{done.Activities, human.Plural(len(done.Activities), "activity") + ", which imports will keep apart."}
	if len(done.Lost) > 0 {
		d.Note += fmt.Sprintf(" The samples of %s were given up when it was merged: import it again to have them.", shorten(strings.Join(done.Lost, ", "), 400))
	}
	return d, nil
}

func (c *Catalog) hideActivity() tool {
	return declare(c, spec{
		name:    "hide_activity",
		title:   "Hide an activity",
		doc:     "Takes an activity out of lists, sums and loads, or with hidden false back into them. Imports respect it. Only if the athlete says so.",
		changes: true,
	}, c.hide)
}

type hideArgs struct {
	ID     pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Hidden *bool             `json:"hidden,omitempty" jsonschema:"false: show it again." brief:"false: show it again" default:"true"`
}

func (c *Catalog) hide(ctx context.Context, user pierre.UserID, args hideArgs) (decided, error) {
	hidden, note := args.Hidden == nil || *args.Hidden, "It is hidden; get_activities with hidden true lists it."
	if !hidden {
		note = "It is shown and counts again."
	}
	return decided{[]pierre.ActivityID{args.ID}, note}, unknownActivity(c.data.HideActivity(ctx, user, args.ID, hidden), args.ID)
}

// unknownOfTwo words the error of a call that names two activities, of which one may not be there.
func unknownOfTwo(err error, args mergeArgs) error {
	if pierre.KindOf(err) != pierre.KindNotFound || !strings.Contains(pierre.MessageOf(err, ""), string(args.Other)) {
		return unknownActivity(err, args.ID)
	}
	worded, _ := errors.AsType[*pierre.Error](unknownActivity(err, args.Other))
	worded.Field = "other_activity_id"
	return worded
}
