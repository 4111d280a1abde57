package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// storedText returns the text as the database keeps it in rows: a batch has the same names.
func (s *Store) storedText(text string) string {
	if s.db.Postgres() {
		return sqldb.CleanText(text)
	}
	return text
}

// storedTexts returns calls with the texts that the database keeps.
func (s *Store) storedTexts(calls []pierre.Call) []pierre.Call {
	odd := func(c pierre.Call) bool { return !pierre.IsText(c.Tool) || !pierre.IsText(c.Country) }
	if !slices.ContainsFunc(calls, odd) {
		return calls
	}
	calls = slices.Clone(calls)
	for i := range calls {
		c := &calls[i]
		c.Tool, c.Country, c.Buckets = s.storedText(c.Tool), s.storedText(c.Country), slices.Clone(c.Buckets)
		for n := range c.Buckets {
			c.Buckets[n].ID = s.storedText(c.Buckets[n].ID) // it has the name of the tool
		}
	}
	return calls
}

// recordAtOnce keeps calls as RecordCalls does, but in one round trip, with one statement per table whatever the number of
// calls. It fails with errKept if some may be kept already: which ones it cannot know.
func (s *Store) recordAtOnce(ctx context.Context, calls []pierre.Call, batched bool) error {
	batch := &pgx.Batch{}
	queueCalls(batch, calls)
	queueSums := queueRows
	if batched {
		queueSums = queueBatch
	}
	if err := queueSums(batch, rollupsOf(calls), quotasOf(calls)); err != nil {
		return err
	}
	err := s.db.Pipeline(ctx, "recording calls", batch)
	s.space.note(err)
	if pierre.KindOf(err) == pierre.KindConflict {
		return errKept
	}
	return err
}

func queueCalls(batch *pgx.Batch, calls []pierre.Call) {
	var id, key, user, customer, tier, tool, status, country, client []string
	var started, duration, request, response []int64
	for i := range calls {
		c := &calls[i]
		id, key, user, customer = append(id, string(c.ID)), append(key, string(c.KeyID)), append(user, string(c.UserID)), append(customer, string(customerOf(c)))
		tier, tool, status = append(tier, string(c.Tier)), append(tool, c.Tool), append(status, string(c.Status))
		started, duration = append(started, c.Started.UnixMicro()), append(duration, c.Duration.Microseconds())
		request, response = append(request, c.RequestBytes), append(response, c.ResponseBytes)
		country, client = append(country, c.Country), append(client, sqldb.CleanText(c.ClientHash))
	}
	batch.Queue(`INSERT INTO calls (`+callColumns+`, rolled) SELECT `+callColumns+`, 1 FROM unnest(
		$1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[],
		$11::bigint[], $12::text[], $13::text[]) AS added (`+callColumns+`)`,
		id, key, user, customer, tier, tool, status, started, duration, request, response, country, client)
}

func queueBatch(batch *pgx.Batch, usage rollups, quotas map[quotaDelta]int64) error {
	sums, n, err := encodeBatch(usage, quotas)
	if err == nil {
		batch.Queue(insertedBatch, n, sums, batchChecksum(sums))
	}
	return err
}

// queueRows keeps what calls add up to such that servers which read no batches read it.
func queueRows(batch *pgx.Batch, usage rollups, quotas map[quotaDelta]int64) error {
	queueQuotaDeltas(batch, quotas)
	return queueDeltas(batch, usage)
}

func queueDeltas(batch *pgx.Batch, byMinute rollups) error {
	var key, tool, country, tier, customer []string
	var start, succeeded, failed, refused, request, response []int64
	var durations [][]byte
	for id, sums := range byMinute {
		key, start, tool, country = append(key, string(id.key)), append(start, id.start), append(tool, id.tool), append(country, id.country)
		tier, customer = append(tier, string(id.tier)), append(customer, string(id.customer))
		succeeded, failed, refused = append(succeeded, sums.Succeeded), append(failed, sums.Failed), append(refused, sums.Refused)
		request, response = append(request, sums.RequestBytes), append(response, sums.ResponseBytes)
		d, err := sums.Durations.AppendBinary(make([]byte, 0, sums.Durations.SizeHint()))
		if err != nil {
			return err
		}
		durations = append(durations, d)
	}
	batch.Queue(`INSERT INTO usage_deltas (`+deltaColumns+`) SELECT `+deltaColumns+` FROM unnest(
		$1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
		$7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bytea[]) AS added (`+deltaColumns+`)`,
		key, start, tool, country, tier, customer, succeeded, failed, refused, request, response, durations)
	return nil
}

func queueQuotaDeltas(batch *pgx.Batch, sums map[quotaDelta]int64) {
	if len(sums) == 0 {
		return
	}
	var bucket, period []string
	var minute, calls []int64
	for d, n := range sums {
		bucket, minute, calls, period = append(bucket, d.bucket), append(minute, d.minute), append(calls, n), append(period, string(d.period))
	}
	batch.Queue(`INSERT INTO quota_deltas (bucket, minute_us, calls, period) SELECT bucket, minute_us, calls, period
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS added (bucket, minute_us, calls, period)`,
		bucket, minute, calls, period)
}
