package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) deleteActivity() tool {
	return declare(c, spec{
		name:  "delete_activity",
		title: "Delete an activity",
		doc: "Deletes an activity, or one of its recordings, for good. Its samples go, too. Later imports leave it out and say so, until allow_import. " +
			"Only if the athlete asks for it and confirms; hide_activity can be taken back.",
		changes: true, once: true,
	}, c.delete)
}

type deleteArgs struct {
	ID     pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Source string            `json:"source,omitempty" jsonschema:"Deletes only this of its recordings: its file or provider, as get_activity shows it. Default: all of them." brief:"only this file or provider" limits:"1,1024"`
	Allow  bool              `json:"allow_import,omitempty" jsonschema:"true: deletes nothing, and lets imports bring back what was deleted under this id. A connected account sends it again only after it is connected anew." brief:"-"`
}

func (a deleteArgs) problems() []string {
	if a.Allow && a.Source != "" {
		return []string{"allow_import and source exclude each other: allow_import is for all that was deleted under the id."}
	}
	return nil
}

type deletedAnswer struct {
	Deleted []string `json:"deleted,omitempty" jsonschema:"the recordings that are gone: file (provider)"`
	Left    int      `json:"recordings_left" jsonschema:"of the activity; 0: it is gone"`
	Note    string   `json:"note"`
}

func (a deletedAnswer) text() string { return a.Note }

// mostDeleted is how many recordings an answer names.
const mostDeleted = 10

func (c *Catalog) delete(ctx context.Context, user pierre.UserID, args deleteArgs) (deletedAnswer, error) {
	if args.Allow {
		n, err := c.data.AllowDeleted(ctx, user, args.ID)
		if pierre.KindOf(err) == pierre.KindNotFound {
			return deletedAnswer{}, &pierre.Error{
				Kind: pierre.KindNotFound, Field: "activity_id", Err: err,
				Msg: fmt.Sprintf("Nothing that was deleted under the id %s was found; the report of an import names the id.", quote(string(args.ID))),
			}
		}
		return deletedAnswer{Note: fmt.Sprintf("Imports leave out %s no longer: what is imported again comes back as a new activity. "+
			"A connected account does not send by itself what it sent before: import a file of it, or disconnect the account and connect it again.", human.Plural(n, "recording"))}, err
	}
	done, err := c.data.DeleteActivity(ctx, user, args.ID, args.Source, c.now())
	if invalid, ok := errors.AsType[*pierre.Error](err); ok && invalid.Kind == pierre.KindInvalid {
		return deletedAnswer{}, err
	}
	if err != nil {
		return deletedAnswer{}, unknownActivity(err, args.ID)
	}
	a := deletedAnswer{Left: done.Left}
	for _, src := range done.Sources[:min(len(done.Sources), mostDeleted)] {
		a.Deleted = append(a.Deleted, fmt.Sprintf("%s (%s)", shorten(src.File, 100), src.Provider))
	}
	a.Note = fmt.Sprintf("Deleted %s: %s.", human.Plural(len(done.Sources), "recording"), strings.Join(a.Deleted, ", "))
	if done.Left == 0 {
		a.Note += " The activity is gone."
	} else {
		a.Note += fmt.Sprintf(" The activity has %s left.", human.Plural(done.Left, "recording"))
	}
	a.Note += " An import of the same file, or of the same entry of an account, leaves it out and says so. Another recording of the outing is a new activity."
	return a, nil
}
