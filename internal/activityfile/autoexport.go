package activityfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"

	"github.com/pierre-mcp/pierre/internal/activityfile/autoexport"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// HealthBytes bounds what the app Health Auto Export may send at once.
const HealthBytes = autoexport.MaxBytes

// IsHealth reports whether content, of which src has the first bytes, is of the app Health Auto Export.
func IsHealth(src io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, sniffSize))
	n, _ := src.ReadAt(head, 0) // what cannot be read is not of the app
	return isAutoExport(head[:n])
}

// isAutoExport reports whether a file that begins with head is of the app Health Auto Export.
func isAutoExport(head []byte) bool {
	if !bytes.Contains(head, []byte(`"data"`)) {
		return false
	}
	has := names(head)
	return has["data"] && (has["metrics"] || has["workouts"])
}

// autoExport reads a document of the app Health Auto Export: it yields a result for each workout, and one for its values of days.
func (w *walker) autoExport(ctx context.Context, e *entry, f io.Reader) error {
	res := Result{Path: e.path, Format: formats.JSON, Partly: true}
	limited := &meter{ctx: ctx, pause: func(context.Context) {}, src: f, budget: &budget{bytes: math.MaxInt64}, left: min(w.limits.FileBytes, autoexport.MaxBytes)}
	content, err := io.ReadAll(limited)
	if err != nil {
		return w.refuse(ctx, res, err)
	}
	res.SHA256 = sha256.Sum256(content)
	n := 0
	var fatal error
	doc, err := autoexport.Read(ctx, content, autoexport.Limits{Workouts: w.limits.Rows, Samples: w.limits.Samples}, func(workout autoexport.Workout) error {
		n++
		w.ahead.total++
		p := parsed{format: formats.JSON, sum: workout.Sum, drafts: []draft.Draft{workout.Draft}}
		if fatal = ctx.Err(); fatal == nil {
			fatal = w.deliver(fmt.Sprintf("%s#workout-%d", e.path, n), p, workout.ID, scope{provider: pierre.ProviderAppleHealth})
		}
		return fatal
	})
	switch {
	case fatal != nil:
		return fatal
	case doc == nil:
		return w.refuse(ctx, res, err)
	case err == nil && doc.Metrics == 0 && n > 0:
		return nil // the workouts were all
	}
	res.Warnings = doc.Warnings
	return w.yieldDays(ctx, res, doc.Days, err)
}
