package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A load makes changes of several kinds until its context ends, and counts what was acknowledged.
type load struct {
	t     *testing.T
	store *Store
	day   time.Time
	user  pierre.UserID

	calls, refused, unknown atomic.Int64 // recorded; refused changes, as unavailable; among them those that may have been made
}

// failed notes an error of a change, which must be one that clients are told to wait for.
func (l *load) failed(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case pierre.KindOf(err) != pierre.KindUnavailable:
		l.t.Errorf("a change while the database is away: %v, want unavailable", err)
	default:
		if l.refused.Add(1); errors.Is(err, pierre.ErrMaybeMade) {
			l.unknown.Add(1)
		}
	}
}

// record keeps calls, each batch until it is acknowledged, as the recorder of a server does.
func (l *load) record(ctx context.Context, worker int) {
	key := pierre.KeyID(fmt.Sprint("key_", worker%2)) // two workers share each counter
	bucket := pierre.Bucket{ID: "key:" + string(key), Policy: "key-month", Limit: pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}}
	for n := 0; ctx.Err() == nil; n++ {
		var batch []pierre.Call
		for range 3 {
			batch = append(batch, pierre.Call{
				ID: pierre.NewCallID(), KeyID: key, UserID: l.user, Tool: "get_stats", Status: pierre.CallSucceeded,
				Started: l.day.Add(time.Duration(n) * time.Second), Buckets: []pierre.Bucket{bucket},
			})
		}
		for {
			err := l.store.RecordCalls(context.WithoutCancel(ctx), batch)
			if err == nil {
				l.calls.Add(int64(len(batch)))
				break
			}
			l.failed(context.WithoutCancel(ctx), err)
		}
	}
}

func (l *load) provision(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprint("user", n)
		k := pierre.APIKey{ID: pierre.NewKeyID(), Email: name + "@example.com", Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte(name))}
		_, _, err := l.store.ProvisionAPIKey(ctx, pierre.Act{Person: "test", At: l.day}, k, func(pierre.APIKey) ([]byte, error) { return nil, nil })
		if err != nil {
			l.failed(ctx, err)
		}
	}
}

func (l *load) importRecordings(ctx context.Context) {
	length := 600.
	for n := 0; ctx.Err() == nil; n++ {
		_, err := l.store.ImportRecording(ctx, l.user, pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(n), byte(n >> 8)}, Imported: l.day},
			pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: l.day.Add(time.Duration(n) * time.Hour), Totals: pierre.Totals{DurationSeconds: &length}}})
		if err != nil {
			l.failed(ctx, err)
		}
	}
}

func (l *load) count(query string, args ...any) (n int64) {
	l.t.Helper()
	if err := l.store.row(l.t.Context(), query, args...).Scan(&n); err != nil {
		l.t.Errorf("%s: %v", query, err)
	}
	return n
}

func waitFor(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !reached(); {
		if time.Now().After(deadline) {
			t.Fatalf("waiting in vain for %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// PostgreSQL is killed and started again under load: changes are refused as unavailable meanwhile, the store recovers by
// itself, what was acknowledged is there once, and nothing is there by half.
func TestPostgresIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, false)
	s, err := OpenPostgres(server.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &load{t: t, store: s, day: time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)}
	user, err := s.EnsureUser(t.Context(), "ana@example.com", l.day)
	if err != nil {
		t.Fatal(err)
	}
	l.user = user.ID
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() { l.record(ctx, n) })
	}
	wg.Go(func() { l.provision(ctx) })
	wg.Go(func() { l.importRecordings(ctx) })
	for range 3 {
		before := l.calls.Load()
		waitFor(t, "calls", func() bool { return l.calls.Load() > before+60 })
		refused := l.refused.Load()
		server.Kill(t)
		waitFor(t, "refusals", func() bool { return l.refused.Load() > refused })
		if err := s.Ready(t.Context()); err != nil && pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("Ready without the database: %v, want unavailable", err)
		}
		server.Restart(t)
	}
	before := l.calls.Load()
	waitFor(t, "calls after the last restart", func() bool { return l.calls.Load() > before+60 })
	cancel()
	wg.Wait()
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("Ready after the last restart: %v", err)
	}
	if n := l.count(`SELECT count(*) FROM calls`); n != l.calls.Load() {
		t.Errorf("%d calls are kept, want the %d that were acknowledged", n, l.calls.Load())
	}
	for name, odd := range map[string]string{
		"keys without their entry in the audit log": `SELECT count(*) FROM api_keys k WHERE NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.action = 'key.provision' AND a.target = k.id)`,
		"entries of keys that are not there":        `SELECT count(*) FROM audit_log a WHERE a.action = 'key.provision' AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE a.target = k.id)`,
		"activities without a source":               `SELECT count(*) FROM activities a WHERE NOT EXISTS (SELECT 1 FROM activity_sources s WHERE s.activity_id = a.id)`,
	} {
		if n := l.count(odd); n != 0 {
			t.Errorf("there are %d %s", n, name)
		}
	}
	t.Logf("%d calls acknowledged, %d changes refused, of which %d may have been made", l.calls.Load(), l.refused.Load(), l.unknown.Load())
}

// Whoever sends statements in one round trip is told when they may have been run though the connection broke.
func TestABatchThatMayHaveBeenRun(t *testing.T) {
	t.Parallel()
	s, err := OpenPostgres(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_terminate_backend(pg_backend_pid())`)
	if err := s.db.Pipeline(t.Context(), "ending the connection", batch); pierre.KindOf(err) != pierre.KindUnavailable || !errors.Is(err, pierre.ErrMaybeMade) {
		t.Errorf("a batch whose connection breaks: %v, want unavailable, and that it may have been made", err)
	}
	away, err := OpenPostgres("postgresql://nobody@127.0.0.1:1/none")
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	if err := away.db.Pipeline(t.Context(), "sending nothing", batch); pierre.KindOf(err) != pierre.KindUnavailable || errors.Is(err, pierre.ErrMaybeMade) {
		t.Errorf("a batch that was never sent: %v, want unavailable, and nothing more", err)
	}
}

// Statements in one round trip are prepared on a server that is reached directly, and on none behind a pooler.
func TestBatchesArePrepared(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for name, c := range map[string]struct {
		url  string
		want int64
	}{"directly": {url, 1}, "pooler": {pgtest.Pooled(t, url), 0}} {
		s, err := OpenPostgres(c.url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.SetMaxConnections(1)
		for range 3 {
			batch := &pgx.Batch{}
			batch.Queue(`SELECT $1::bigint + 4711`, 1)
			if err := s.db.Pipeline(t.Context(), "adding numbers", batch); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		var kept int64
		if err := s.row(t.Context(), `SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%4711%' AND name <> ''`).Scan(&kept); err != nil || kept != c.want {
			t.Errorf("%s: %d statements are kept, %v; want %d", name, kept, err, c.want)
		}
	}
}

// A pooler that greets with the server's own number is found out by the first statement that is missing.
func TestPreparedStatementIsGone(t *testing.T) {
	t.Parallel()
	s, err := OpenPostgres(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.SetMaxConnections(1)
	for n := range 4 {
		if _, err := s.db.Writer().ExecContext(t.Context(), `DEALLOCATE ALL`); err != nil {
			t.Fatal(err)
		}
		batch := &pgx.Batch{}
		batch.Queue(`SELECT $1::bigint + 4712`, n)
		batch.Queue(`SELECT $1::bigint + 4713`, n)
		if err := s.db.Pipeline(t.Context(), "adding numbers", batch); err != nil {
			t.Errorf("batch %d: %v", n, err)
		}
	}
}

// So is one by the first statement that another program has prepared.
func TestStatementOfAnotherProgram(t *testing.T) {
	t.Parallel()
	s, err := OpenPostgres(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.SetMaxConnections(1)
	const q = `SELECT $1::bigint + 4714`
	conn, err := s.db.Writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = conn.Raw(func(driver any) error { // it is on the server, and this connection does not know
		c := driver.(*stdlib.Conn).Conn()
		made, err := c.Prepare(t.Context(), q, q)
		if err != nil {
			return err
		}
		if err := c.Deallocate(t.Context(), q); err != nil {
			return err
		}
		_, err = c.PgConn().Prepare(t.Context(), made.Name, q, nil)
		return err
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		batch := &pgx.Batch{}
		batch.Queue(`SELECT $1::bigint + 4715`, n)
		batch.Queue(q, n)
		if err := s.db.Pipeline(t.Context(), "adding numbers", batch); err != nil {
			t.Errorf("batch %d: %v", n, err)
		}
	}
}
