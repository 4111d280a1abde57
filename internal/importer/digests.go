package importer

import (
	"context"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Digester keeps what questions need of activities' samples. What it cannot keep now it keeps later: it fails only if ctx ended.
type Digester interface {
	// Digest does so for activities that are new or have changed.
	Digest(ctx context.Context, user pierre.UserID, ids []pierre.ActivityID) error
	// Digested is called when all of an import was digested.
	Digested(ctx context.Context, user pierre.UserID) error
}

// digestedAtOnce is how many activities are digested together.
const digestedAtOnce = 32

// A digesting has an import's activities digested while more of its files are read.
type digesting struct {
	to      Digester // nil: there is none
	user    pierre.UserID
	waiting []pierre.ActivityID
	any     bool // something has changed
}

// changed notes activities that are new or have changed.
func (d *digesting) changed(id pierre.ActivityID) {
	if d.any = true; !slices.Contains(d.waiting, id) {
		d.waiting = append(d.waiting, id)
	}
}

// run digests what is waiting, if that is at least so much.
func (d *digesting) run(ctx context.Context, least int) error {
	if len(d.waiting) < max(1, least) {
		return nil
	}
	ids := d.waiting
	d.waiting = nil
	if d.to == nil {
		return nil
	}
	return d.to.Digest(ctx, d.user, ids)
}

// finish digests the rest.
func (d *digesting) finish(ctx context.Context) error {
	if err := d.run(ctx, 1); err != nil || d.to == nil || !d.any {
		return err
	}
	return d.to.Digested(ctx, d.user)
}
