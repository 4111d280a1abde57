package console

import (
	"context"
	"errors"
	"sync"
)

// together does things at the same time, and returns their errors.
func together(ctx context.Context, things ...func(context.Context) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(things))
	for i, do := range things {
		wg.Go(func() { errs[i] = do(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
