package workoutfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// CalendarType is the media type of calendars.
const CalendarType = "text/calendar; charset=utf-8"

// A Scheduled workout is one with the time that it is expected to take.
type Scheduled struct {
	pierre.Workout

	Seconds *float64 // nil: not known
}

// uidDomain makes the ids of events unique beyond this server's, as RFC 5545 3.8.4.7 asks for.
const uidDomain = "@pierre-mcp"

// Calendar writes workouts, and the days of goals, as an iCalendar object (RFC 5545). A workout at a time of the day is at that time
// wherever the athlete is (form 1 of DATE-TIME), the others take the day. Events keep their UID when they change.
func Calendar(workouts []Scheduled, goals []pierre.Goal) ([]byte, error) {
	cal := ics.NewCalendarFor("Pierre")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName("Training")
	cal.SetRefreshInterval("PT1H") // RFC 7986
	cal.SetXPublishedTTL("PT1H")   // the same for Outlook
	for _, w := range workouts {
		e := cal.AddEvent(string(w.ID) + uidDomain)
		stamp(e, w.Updated)
		e.SetSequence(w.Revision)
		e.SetSummary(legible(w.Name))
		e.SetDescription(about(w.Workout))
		e.AddCategory(string(w.Sport))
		at, err := time.Parse(time.DateOnly+" 15:04", w.Day.Format(time.DateOnly)+" "+w.Start)
		if err != nil {
			allDay(e, w.Day)
			continue
		}
		const local = "20060102T150405"
		e.SetProperty(ics.ComponentPropertyDtStart, at.Format(local))
		if w.Seconds != nil && *w.Seconds > 0 {
			e.SetProperty(ics.ComponentPropertyDtEnd, at.Add(time.Duration(*w.Seconds)*time.Second).Format(local))
		}
	}
	for _, g := range goals {
		e := cal.AddEvent(string(g.ID) + uidDomain)
		stamp(e, g.Updated)
		e.SetSummary(legible(g.Title))
		if g.Description != "" {
			e.SetDescription(legible(g.Description))
		}
		e.AddCategory("goal")
		allDay(e, g.Date)
	}
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("encoding a calendar: %w", err)
	}
	return b.Bytes(), nil
}

// stamp says when the event was changed last.
func stamp(e *ics.VEvent, at time.Time) {
	e.SetDtStampTime(at)
	e.SetLastModifiedAt(at)
}

// allDay has an event take a day, and leave it free for others.
func allDay(e *ics.VEvent, day time.Time) {
	e.SetProperty(ics.ComponentPropertyDtStart, day.Format("20060102"), ics.WithValue(string(ics.ValueDataTypeDate)))
	e.SetTimeTransparency(ics.TransparencyTransparent)
}

// about is what a person reads of a workout.
func about(w pierre.Workout) string {
	lines := workout.Lines(w.Sport, w.Steps)
	if w.Note != "" {
		lines = slices.Concat(lines, []string{"", legible(w.Note)})
	}
	return strings.Join(lines, "\n")
}

// legible is text without what ends a line for some programs only, such as a carriage return, and so would begin a line of the
// calendar there: RFC 5545 3.3.11 has no control characters in text.
func legible(text string) string {
	return strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return c
	}, text)
}
