package fit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// epoch is 1989-12-31T00:00:00Z, where FIT counts its seconds from, in Unix seconds.
const epoch = 631065600

// What one FIT file may hold. A chain of multisport recordings has some dozens of sessions.
const (
	MaxBytes    = 64 << 20 // it is read whole; 64 bytes for each of a million records
	MaxSessions = 1000
	maxMessages = 10_000 // laps, lengths, clocks, events and field descriptions, each
)

// A file collects the messages of a chain of FIT files.
type file struct {
	maxSamples int
	full       string    // why nothing more is read; "" as long as no limit is reached
	part       int       // that is being read
	begins     []int     // the first record of each part
	marks      []int     // how many records came before each lap was written
	written    []float64 // when each lap was written
	copied     bool      // a program chained the recording to itself
	timerTotal float64   // s that the activity message states, 0: it does not

	id       mesgdef.FileId // the first one
	known    bool           // id is set
	sport    *mesgdef.Sport
	settings settings
	sessions []session
	laps     []draft.Lap
	lengths  []poolLength
	clocks   []clock
	timer    []timer
	hr       heartRates
	records  []draft.Sample
	native   map[devField]nativeField // what developer fields stand for
}

// A clock is what an activity message says about the athlete's clock, in FIT seconds.
type clock struct{ utc, local uint32 }

// A timer is a start or stop of the device's stopwatch.
type timer struct {
	t  float64
	on bool
}

// decode reads a FIT file. Warnings say what was not readable.
func decode(ctx context.Context, b []byte, maxSamples int) (f *file, warnings []string, err error) {
	f = &file{maxSamples: maxSamples, native: map[devField]nativeField{}}
	parts, rest := split(b)
	dec := decoder.New(nil)
	for i, part := range parts {
		f.part = i
		f.begins = append(f.begins, len(f.records))
		read, err := f.decode(ctx, dec, part)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if f.full != "" {
			return f, append(warnings, f.full), nil
		}
		if text := part.trouble(err, read); text != "" {
			warnings = append(warnings, text)
		}
		if f.known && !mayBeActivity(f.id.Type) {
			return f, nil, nil
		}
	}
	if len(rest) > 0 {
		warnings = append(warnings, fmt.Sprintf("%d bytes after byte %d are no FIT data", len(rest), len(b)-len(rest)))
	}
	return f, warnings, nil
}

// decode reads one part and returns how many of its bytes were read.
func (f *file) decode(ctx context.Context, dec *decoder.Decoder, part part) (read int, err error) {
	src := &stoppable{ctx: ctx, src: part.reader(), full: func() bool { return f.full != "" }}
	dec.Reset(src, decoder.WithMesgListener(f), decoder.WithBroadcastOnly(), decoder.WithIgnoreChecksum())
	if _, err := dec.PeekFileId(); err != nil && !errors.Is(err, decoder.ErrPeekNoFileId) {
		return src.n, err
	}
	if f.known && !mayBeActivity(f.id.Type) {
		return src.n, nil // monitoring files come by the thousand: their first message is enough
	}
	_, err = dec.Decode()
	return src.n, err
}

// A stoppable reader ends with ctx, or once its reader is full.
type stoppable struct {
	ctx  context.Context //nolint:containedctx // lives for one call of decode
	src  io.Reader
	full func() bool
	n    int
}

func (s *stoppable) Read(p []byte) (int, error) {
	if s.full() {
		return 0, io.EOF
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.src.Read(p)
	s.n += n
	return n, err
}

// OnMesg implements decoder.MesgListener. The message is the decoder's: nothing of it is kept.
func (f *file) OnMesg(m proto.Message) {
	if f.full != "" {
		return
	}
	switch m.Num {
	case mesgnum.Record:
		if len(f.records) >= f.maxSamples {
			f.full = fmt.Sprintf("the recording has more than %d samples: read the first ones", f.maxSamples)
			return
		}
		f.record(&m)
	case mesgnum.FileId:
		if !f.known {
			f.id, f.known = *mesgdef.NewFileId(&m), true
		}
	case mesgnum.Sport:
		if f.sport == nil {
			f.sport = mesgdef.NewSport(&m)
		}
	case mesgnum.Session:
		raw := mesgdef.NewSession(&m)
		s := newSession(f.part, raw)
		f.completeTotals(&s.totals, m.DeveloperFields)
		f.sessions = append(f.sessions, s)
		f.settings.session(s.sport, raw)
	case mesgnum.Lap:
		l := mesgdef.NewLap(&m)
		f.laps, f.marks, f.written = append(f.laps, newLap(l)), append(f.marks, len(f.records)), append(f.written, timeOf(l.Timestamp))
	case mesgnum.Length:
		f.lengths = append(f.lengths, newLength(mesgdef.NewLength(&m)))
	case mesgnum.Activity:
		f.activity(&m)
	case mesgnum.Event:
		f.event(mesgdef.NewEvent(&m))
	case mesgnum.Hr:
		f.hr.add(&m)
	case mesgnum.FieldDescription:
		f.describe(mesgdef.NewFieldDescription(&m))
	default:
		f.settings.take(&m)
	}
	if f.hasTooMany() {
		f.full = "the file has more parts than a recording can hold: read the first ones"
	}
}

// activity keeps the timer's total and the clocks that the file's activity message has.
func (f *file) activity(m *proto.Message) {
	if x := m.FieldValueByNum(fieldnum.ActivityTotalTimerTime).Uint32(); x != basetype.Uint32Invalid {
		f.timerTotal += float64(x) / 1000
	}
	f.clocks = append(f.clocks, clock{
		m.FieldValueByNum(fieldnum.ActivityTimestamp).Uint32(), m.FieldValueByNum(fieldnum.ActivityLocalTimestamp).Uint32(),
	})
}

// hasTooMany reports whether there are more parts than a recording can hold.
func (f *file) hasTooMany() bool {
	messages := max(len(f.laps), len(f.lengths), len(f.clocks), len(f.timer), len(f.native))
	return len(f.sessions) > MaxSessions || messages > maxMessages || len(f.hr.beats) > 2*f.maxSamples
}

func (f *file) event(e *mesgdef.Event) {
	if e.Event != typedef.EventTimer || e.Timestamp.IsZero() {
		return
	}
	switch e.EventType {
	case typedef.EventTypeStart:
		f.timer = append(f.timer, timer{draft.Unix(e.Timestamp), true})
	case typedef.EventTypeStop, typedef.EventTypeStopAll, typedef.EventTypeStopDisable, typedef.EventTypeStopDisableAll:
		f.timer = append(f.timer, timer{draft.Unix(e.Timestamp), false})
	default:
	}
}
