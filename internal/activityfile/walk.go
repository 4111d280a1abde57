package activityfile

import "context"

type walker struct {
	opts  Options
	yield func(Result) error
}

func newWalker(opts Options, yield func(Result) error) *walker {
	return &walker{opts: opts, yield: yield}
}

// walk knows no format yet: whatever it is given is skipped.
func (w *walker) walk(ctx context.Context, src *Source) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.yield(Result{Path: src.name, Status: StatusSkipped, Reason: "this is no format that can be read"})
}
