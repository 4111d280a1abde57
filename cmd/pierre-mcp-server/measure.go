package main

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/monitor"
	"github.com/pierre-mcp/pierre/internal/overload"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// When further tool calls are refused, with 503, before they begin.
const (
	mostRecording = 1024                       // calls that wait for their record
	mostJournaled = journal.MaxWaiting * 3 / 4 // calls that the database does not have yet: the rest is for those that run
	mostPoolWait  = 500 * time.Millisecond     // for a connection to read with
)

// turns is the queue of what waits for its turn, as metrics call it.
const turns = "turns"

// guard refuses calls while the server cannot keep up with their records.
func (a *app) guard() *overload.Guard {
	queues := []overload.Queue{
		overload.Longer("recorder", a.recorder.Waiting, mostRecording),
		overload.Longer("journal", func() int { return a.calls.stats().Waiting }, mostJournaled),
		overload.Pool("database", a.store.ReadPool, mostPoolWait),
	}
	for _, q := range queues {
		a.monitor.Queues(q.Name)
	}
	return overload.New(a.monitor.Shed, queues...)
}

// measure registers what the app's services tell of themselves.
func (a *app) measure() {
	m := a.monitor
	m.Tasks(a.work.Tasks)
	m.Queues(turns)
	m.Pools(a.store.Pools)
	a.measureLimiter()
	m.Journal(func() (int, int) { s := a.calls.stats(); return s.Waiting, s.SetAside })
	m.Gauge("pierre_usage_differences", "Numbers that the last nightly reconciliation on this server found to differ from what the calls add up to.",
		func() float64 { return float64(a.differences.Load()) })
	m.Gauge("pierre_usage_damaged_batches", "Batches of what calls add up to that this server found damaged and put aside, until reconcile --repair has added their calls up again.",
		func() float64 { return float64(a.damaged.Load()) })
	m.Gauge("pierre_record_waiting", "Answers that wait until their call is durable.", func() float64 { return float64(a.recorder.Waiting()) })
}

// A measuredStore is the database with its transactions of calls measured.
type measuredStore struct {
	*store.Store

	monitor *monitor.Monitor
}

// RecordCalls implements [journal.Store].
func (s measuredStore) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	return s.monitor.Batches(ctx, s.Store, calls)
}
