package activityfile

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxExportPlan is how many bytes of a list one goal or workout takes: the longest that a server writes has 30 kB.
const maxExportPlan = 64 << 10

func (w *walker) exportGoals(ctx context.Context, _ *bundle, e *entry) error {
	res := Result{Path: e.path, Format: "json", Status: StatusOK}
	var err error
	if res.Goals, res.Warnings, err = exportPlans[exportfile.Goal](ctx, w, e, pierre.MaxGoals, "goal"); err != nil {
		return err
	}
	return w.yield(res)
}

func (w *walker) exportWorkouts(ctx context.Context, _ *bundle, e *entry) error {
	res := Result{Path: e.path, Format: "json", Status: StatusOK}
	var err error
	if res.Workouts, res.Warnings, err = exportPlans[exportfile.Workout](ctx, w, e, pierre.MaxWorkouts, "planned workout"); err != nil {
		return err
	}
	return w.yield(res)
}

// exportPlans reads a list of what the athlete plans, at most so many elements of it. What was read until the list turns out to be
// longer or damaged is taken over, with a warning.
func exportPlans[T any](ctx context.Context, w *walker, e *entry, most int, what string) (list []T, warnings []string, err error) {
	n := 0
	err = eachElement(ctx, w, e, func(v *T) error {
		if n++; n > most {
			return draft.Unreadable("it lists more than %s", human.Plural(most, what))
		}
		if v != nil {
			list = append(list, *v)
		}
		return nil
	})
	if err != nil {
		r, fatal := refused(ctx, err)
		if fatal != nil || len(list) == 0 {
			return nil, nil, err
		}
		warnings = append(warnings, "only its first "+human.Plural(len(list), what)+" are taken over: "+r.Reason)
	}
	if len(list) == 0 {
		return nil, nil, draft.NotActivity("there is no %s in it", what)
	}
	return list, warnings, nil
}

// eachElement calls visit with each element of the JSON list in e, nil for one that is of another form. One at a time is in memory.
func eachElement[T any](ctx context.Context, w *walker, e *entry, visit func(*T) error) error {
	r, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	from := &upTo{r: r}
	d := json.NewDecoder(from)
	next := func() { from.most = d.InputOffset() + maxExportPlan }
	next()
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return readable(err)
	}
	for next(); d.More(); next() {
		v := new(T)
		err := d.Decode(v)
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
			v, err = nil, nil
		}
		if err != nil {
			return readable(err)
		}
		if err := visit(v); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return readable(err)
	}
	return nil
}

// readable is the error of a document: that of reading it, if it is one, or else it is none in JSON.
func readable(err error) error {
	if _, damaged := errors.AsType[*json.SyntaxError](err); damaged || err == nil || draft.IsEOF(err) {
		return draft.Unreadable("it is damaged")
	}
	return err
}

// An upTo reads so many bytes, and refuses more.
type upTo struct {
	r       io.Reader
	n, most int64
}

func (u *upTo) Read(p []byte) (int, error) {
	if u.n >= u.most {
		return 0, draft.Unreadable("an entry of it has more than %s", size(maxExportPlan))
	}
	n, err := u.r.Read(p[:min(int64(len(p)), u.most-u.n)])
	u.n += int64(n)
	return n, err
}
