package monitor

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Recorder keeps tool calls; [usage.Recorder] is one.
type Recorder interface {
	Record(ctx context.Context, r limit.Reservation, c pierre.Call) error
	Refuse(c pierre.Call) error
}

// unknownTool is the label of names that clients made up.
const unknownTool = "unknown"

// Calls returns a recorder that measures what it passes on to next. Calls of a tool that known does not report
// are measured as "unknown": a client can make up any number of names.
func (m *Monitor) Calls(next Recorder, known func(tool string) bool) Recorder {
	return &calls{next, m, known}
}

type calls struct {
	next  Recorder
	m     *Monitor
	known func(string) bool
}

// Record implements [Recorder].
func (c *calls) Record(ctx context.Context, r limit.Reservation, call pierre.Call) error {
	c.m.calls.WithLabelValues(c.label(call.Tool), string(call.Status)).Observe(call.Duration.Seconds())
	began := time.Now()
	err := c.next.Record(ctx, r, call)
	c.m.recorded.Observe(time.Since(began).Seconds())
	return err
}

// Refuse implements [Recorder].
func (c *calls) Refuse(call pierre.Call) error {
	c.m.refused.WithLabelValues(c.label(call.Tool)).Inc()
	return c.next.Refuse(call)
}

func (c *calls) label(tool string) string {
	if c.known(tool) {
		return tool
	}
	return unknownTool
}

// An Importer imports uploads; [importer.Importer] is one.
type Importer interface {
	Import(ctx context.Context, user pierre.UserID, src *activityfile.Source, watch importer.Watch) (pierre.ImportSummary, error)
}

// Imports returns an importer that measures what next does.
func (m *Monitor) Imports(next Importer) Importer { return &imports{next, m} }

type imports struct {
	next Importer
	m    *Monitor
}

// Import implements [Importer].
func (i *imports) Import(ctx context.Context, user pierre.UserID, src *activityfile.Source, watch importer.Watch) (pierre.ImportSummary, error) {
	began := time.Now()
	sum, err := i.next.Import(ctx, user, src, watch)
	i.m.imports.Observe(time.Since(began).Seconds())
	i.m.added.Add(float64(sum.Activities))
	for status, n := range map[pierre.ImportStatus]int{
		pierre.ImportImported: sum.Imported, pierre.ImportDuplicate: sum.Duplicate, pierre.ImportSkipped: sum.Skipped, pierre.ImportFailed: sum.Failed,
	} {
		i.m.files.WithLabelValues(string(status)).Add(float64(n))
	}
	return sum, err
}
