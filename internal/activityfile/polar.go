package activityfile

import (
	"context"
	"io"
	"path"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/polar"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// polar reads the files of a Polar account export that hold values of days, if there are any among the files of b. There is one for
// each day and for each test, so that what they say becomes one result. Sessions are read as other recordings are.
func (w *walker) polar(ctx context.Context, b *bundle) error {
	book, root, found := days.NewBook(pierre.ProviderPolar), "", false
	for _, e := range b.entries {
		if e.taken || e.problem != "" || !polar.Exported(e.path) {
			continue
		}
		folder := path.Dir(path.Clean(e.path))
		b.claim(folder, pierre.ProviderPolar)
		read := polar.DaysReader(e.path, book)
		switch {
		case read != nil && !found:
			root, found = folder, true
		case read == nil && polar.Unread(e.path):
			read = func(io.Reader) error { return draft.NotActivity("a file of Polar's account export that is not read") }
		case read == nil:
			continue
		}
		if err := w.exportPart(ctx, e, partOfDays, read); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	w.ahead.total++
	return w.yieldDays(ctx, Result{Path: path.Join(root, "polar#days"), Format: formats.JSON}, book, nil)
}
