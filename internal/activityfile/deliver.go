package activityfile

import (
	"context"
	"slices"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// deliver finishes the drafts and yields them.
func (w *walker) deliver(name string, p parsed, id string, in scope) error {
	res := Result{Path: name, Format: p.format, SHA256: p.sum, ExternalID: id, Status: StatusOK, Warnings: p.warnings}
	var own []string
	for i := range p.drafts {
		d := &p.drafts[i]
		if !d.Dated() {
			continue
		}
		if d.Unset {
			res.Status = StatusFailed
			res.Reason = "the device's clock was not set, and the file does not say when it was recorded"
			return w.yield(res)
		}
		if d.Athlete != nil {
			res.Profile = *d.Athlete
		}
		d.Rec.Provider = in.provider
		res.LocalTimes = res.LocalTimes || d.Local
		rec := d.Finish()
		own = append(own, rec.Warnings[:min(len(rec.Warnings), draft.MaxWarnings)]...)
		rec.Warnings = draft.Listed(slices.Concat(p.warnings, rec.Warnings))
		res.Recordings = append(res.Recordings, rec)
		*d = draft.Draft{} // its samples are columns now
	}
	if len(res.Recordings) == 0 {
		res.Status, res.Reason = StatusFailed, "nothing in it says when it was"
	} else {
		res.Original = p.original
	}
	res.Warnings = draft.Listed(slices.Concat(p.warnings, own))
	return w.yield(res)
}

// refuse yields err as what became of the file, unless it ends the walk.
func (w *walker) refuse(ctx context.Context, res Result, err error) error {
	r, fatal := refused(ctx, err)
	if fatal != nil {
		return fatal
	}
	res.Status, res.Reason = r.Status, r.Reason
	return w.yield(res)
}

// refused turns the error of reading a file into what its owner may read,
// unless the error ends the walk.
func refused(ctx context.Context, err error) (r *draft.RefusalError, fatal error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if r, ok := draft.AsRefusal(err); ok {
		return r, nil
	}
	if draft.CutShort(err, 0) != "" {
		return &draft.RefusalError{Status: StatusFailed, Reason: "its compression is cut off or damaged"}, nil
	}
	return &draft.RefusalError{Status: StatusFailed, Reason: "it could not be read"}, nil
}
