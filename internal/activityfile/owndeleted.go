package activityfile

import (
	"context"
	"encoding/hex"
	"slices"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// exportDeleted yields which recordings the athlete deleted where the export was made.
func (w *walker) exportDeleted(ctx context.Context, _ *bundle, e *entry) error {
	res := Result{Path: e.path, Format: "json", Status: StatusOK}
	rows := 0
	err := eachLine(ctx, w, e, func(d *exportfile.Deleted) error {
		if rows++; rows > w.limits.Rows {
			return draft.Unreadable("it lists more than %d deleted recordings", w.limits.Rows)
		}
		if deleted, ok := believedDeletion(d); ok {
			res.Deleted = append(res.Deleted, deleted)
		}
		return nil
	})
	if err != nil {
		r, fatal := refused(ctx, err)
		if fatal != nil || len(res.Deleted) == 0 {
			return err
		}
		res.Warnings = append(res.Warnings, "only its first "+human.Plural(len(res.Deleted), "deleted recording")+" are taken over: "+r.Reason)
	}
	if len(res.Deleted) == 0 {
		return draft.NotActivity("no recording was deleted")
	}
	return w.yield(res)
}

// believedDeletion returns a line of the list, if it can be one that this program wrote.
func believedDeletion(d *exportfile.Deleted) (pierre.DeletedRecording, bool) {
	sum, err := hex.DecodeString(d.SHA256)
	ok := err == nil && len(sum) == 32 && slices.Contains(pierre.Providers(), d.Provider) && d.Part >= 0 && d.Part <= maxExportPart && !d.Deleted.IsZero() &&
		d.Activity != "" && len(d.Activity) <= maxExportID && pierre.IsText(string(d.Activity))
	if !ok {
		return pierre.DeletedRecording{}, false
	}
	return pierre.DeletedRecording{
		Provider: d.Provider, ExternalID: clipped(d.ExternalID), SHA256: [32]byte(sum), Part: d.Part, Activity: d.Activity, Deleted: d.Deleted,
	}, true
}

// What an export says of a recording is no larger.
const (
	maxExportPart = 10_000
	maxExportID   = 64
)
