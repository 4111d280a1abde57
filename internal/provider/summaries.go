package provider

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// summary returns the item of an activity of which a provider says totals alone. What it says takes the place of what it said
// before.
func summary(id string, a pierre.Activity) Item {
	said, err := json.Marshal(a.Totals)
	return Item{
		ID: id, Version: versionOf(a.Name, string(a.Sport), a.Start.Format(time.RFC3339), string(said)),
		Load: func(context.Context) (pierre.Fetched, error) {
			if err == nil && a.Start.Unix() <= 0 {
				err = errors.New("it does not say when it began")
			}
			if err != nil {
				return pierre.Fetched{}, &malformedError{err}
			}
			return pierre.Fetched{Title: a.Name, Recording: &pierre.Recording{Activity: a}}, nil
		},
	}
}

// between returns the seconds from one moment to another, nil if that is no time in which something was done.
func between(from, to time.Time) *float64 {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	return positive(new(to.Sub(from).Seconds()))
}

// zoneOf returns the seconds east of UTC of a time that was written with its zone.
func zoneOf(t time.Time) *int {
	_, seconds := t.Zone()
	if t.IsZero() {
		return nil
	}
	return &seconds
}

const maxGathered = 100 // pages of one list

// gather asks for all pages of a list whose items belong together. page returns the name of the next, "" after the last.
func gather(ctx context.Context, page func(ctx context.Context, token string) (next string, err error)) error {
	token := ""
	for range maxGathered {
		next, err := page(ctx, token)
		if err != nil || next == "" {
			return err
		}
		if next == token {
			return &malformedError{errors.New("a page names itself as the next one")}
		}
		token = next
	}
	return &malformedError{errors.New("the pages do not end")}
}

// longest holds of each day the longest of what is added.
type longest[T any] map[string]struct {
	seconds float64
	item    T
}

func (l longest[T]) add(date string, seconds *float64, item T) {
	length := 0.0
	if seconds != nil {
		length = *seconds
	}
	if had, ok := l[date]; !ok || length > had.seconds {
		l[date] = struct {
			seconds float64
			item    T
		}{length, item}
	}
}

// byDay returns the items with their days, in no order.
func (l longest[T]) byDay() iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for date, had := range l {
			if !yield(date, had.item) {
				return
			}
		}
	}
}

// profileWeight returns the item of a weight in kg that the athlete entered in a profile, where it has no date. It becomes the
// value of the day on which it is first seen.
func (c *Client) profileWeight(kg *float64) []Item {
	if kg == nil {
		return nil
	}
	text, err := json.Marshal(*kg)
	if err != nil {
		return nil
	}
	today := c.service.now().UTC().Format(time.DateOnly)
	return []Item{{
		ID: "weight of the profile", Version: string(text),
		Values: onDay(today, map[pierre.WellnessKind]*float64{pierre.WellnessWeight: kg}),
	}}
}
