package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A said is what the athlete says of the activity of a source: a column of JSON, ” for nothing.
type said struct{ pierre.Annotation } //nolint:recvcheck // a Scanner has to be a pointer

// Value implements [driver.Valuer].
func (s said) Value() (driver.Value, error) {
	if s.At.IsZero() {
		return "", nil
	}
	text, err := json.Marshal(s.Annotation)
	return string(text), err
}

// Scan implements [database/sql.Scanner].
func (s *said) Scan(v any) error {
	*s = said{}
	var text []byte
	switch v := v.(type) {
	case string:
		text = []byte(v)
	case []byte:
		text = v
	default:
		return fmt.Errorf("what an athlete says is not %T", v)
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, &s.Annotation)
}

// saidOf returns what the athlete says of the activity of these sources.
func saidOf(all []*entry) said {
	var list []pierre.Annotation
	for _, e := range all {
		if !e.said.At.IsZero() {
			list = append(list, e.said.Annotation)
		}
	}
	return said{pierre.Annotations(list)}
}

// AnnotateActivity lets change edit what the user says of an activity, and returns the activity as it then is. It is kept with
// every source of it, so that it stays when these are merged, split or imported again.
func (s *Store) AnnotateActivity(
	ctx context.Context, user pierre.UserID, id pierre.ActivityID, now time.Time, change func(*pierre.Annotation),
) (pierre.Activity, error) {
	err := s.decide(ctx, "annotating an activity", user, func(i importing) error {
		all, err := i.sourcesOf(ctx, id)
		if err != nil {
			return err
		}
		words := saidOf(all)
		change(&words.Annotation)
		words.At = time.UnixMicro(now.UnixMicro()).UTC()
		for _, e := range all {
			e.said, e.decided = words, true
		}
		return i.keep(ctx, id, all)
	})
	if err != nil {
		return pierre.Activity{}, err
	}
	return s.Activity(ctx, user, id)
}
