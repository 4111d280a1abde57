package importer

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// original keeps the file that row is about, if there is one to be kept. It follows the recordings, which are worth more: without
// their file, they are there, and the file comes with the next import of it.
func (i *Importer) original(ctx context.Context, user pierre.UserID, o *pierre.Original, row *pierre.ImportRow) error {
	switch {
	case o == nil || len(row.Activities) == 0:
		return nil
	case o.Packed == nil:
		row.Warnings = append(row.Warnings, "the file itself is not kept: compressed, it has more than "+human.Bytes(original.MaxPacked))
		return nil
	}
	return i.store.KeepOriginal(ctx, user, *o)
}
