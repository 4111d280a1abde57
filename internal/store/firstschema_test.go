package store

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// firstRows are rows as the first version of the tables had them.
var firstRows = []string{
	`INSERT INTO users (id, email, created_us) VALUES ('user_ana', 'ana@example.com', 1), ('user_bob', 'bob@example.com', 2)`,
	`INSERT INTO api_keys (id, user_id, name, description, tier, limit_requests, limit_period, tools, hash, prefix, last4, created_us, replaced_by) VALUES
		('key_2', 'user_ana', 'second', '', 'starter', 10000, 'month', NULL, x'02', 'pk_live_abcd', 'wxyz', 2, NULL),
		('key_1', 'user_ana', 'first', 'old', 'starter', 10000, 'month', '["get_*"]', x'01', 'pk_live_abcd', 'wxyz', 1, 'key_2'),
		('key_3', 'user_bob', 'own limit', '', 'enterprise', 7, 'hour', NULL, x'03', 'pk_live_abcd', 'wxyz', 3, NULL)`,
	`INSERT INTO admin_tokens (id, service, description, permissions, created_us) VALUES ('admin_token_1', 'console', '', 'list_keys,fly', 1)`,
	`INSERT INTO audit_log (at_us, actor, action, target, details) VALUES (1, 'admin-setup', 'key.provision', 'key_1', '{}')`,
	`INSERT INTO idempotency (token_id, route, idempotency_key, request_hash, answer, created_us) VALUES ('admin_token_1', 'POST /', 'k', x'00', x'01', 1)`,
	`INSERT INTO calls (id, key_id, user_id, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash) VALUES
		('call_1', 'key_1', 'user_ana', 'get_stats', 'succeeded', 1767225600000000, 1500, 10, 20, 'DE', 'h'),
		('call_2', 'key_2', 'user_ana', 'get_stats', 'failed', 1767225601000000, 2500, 10, 20, 'DE', 'h'),
		('call_3', 'key_2', 'user_ana', 'get_stats', 'rate_limited', 1767225602000000, 0, 10, 20, 'DE', 'h')`,
	`INSERT INTO activities (id, user_id, provider, name, description, sport, start_us, has_gps, device, multisport_id, warnings, distance_m, duration_s)
		VALUES ('act_1', 'user_ana', 'file', 'Morning run', '', 'run', 1767225600000000, 1, 'watch', '', '[]', 5000.5, 1800)`,
	`INSERT INTO activity_sources (user_id, activity_id, provider, external_id, sha256, part, local_times, file, format, imported_us, is_primary, start_us, summary, laps, samples)
		VALUES ('user_ana', 'act_1', 'file', '', x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 0, 0, 'a.fit', 'fit', 1, 1, 1767225600000000, '{}', '[]', NULL)`,
	`INSERT INTO profiles (user_id, profile, origins, updated_us) VALUES ('user_ana', '{"ftp_watts":250}', '{}', 1)`,
}

// firstPostgres returns a PostgreSQL database that was made with its first tables, has firstRows, and was brought up to date.
func firstPostgres(t *testing.T) *Store {
	t.Helper()
	s, err := OpenPostgres(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.schema.Provider().UpTo(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	literals := strings.NewReplacer("distance_m,", "distance_meters,", "duration_s)", "duration_seconds)", "1767225600000000, 1, 'watch'", "1767225600000000, true, 'watch'", "'fit', 1, 1,", "'fit', 1, true,", "0, 0, 'a.fit'", "0, false, 'a.fit'")
	blob := regexp.MustCompile(`x'([0-9a-f]+)'`)
	for _, rows := range append(slices.Clone(firstRows), `UPDATE api_keys SET family_id = CASE id WHEN 'key_3' THEN id ELSE 'key_1' END`) {
		if _, err := s.write.ExecContext(t.Context(), blob.ReplaceAllString(literals.Replace(rows), `'\x$1'`)); err != nil {
			t.Fatalf("%v: %s", err, rows)
		}
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// A database of the first version is brought up to date with all that it has, and then moves to PostgreSQL. So is one that was
// PostgreSQL's from the beginning.
func TestTheFirstTablesAreBroughtUpToDate(t *testing.T) {
	s, err := OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.schema.Provider().UpTo(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	for _, rows := range firstRows {
		if _, err := s.write.ExecContext(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	pg := openPostgresTest(t)
	if _, err := copyAll(t.Context(), s, pg); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{s, pg, firstPostgres(t)} {
		for id, want := range map[pierre.KeyID]struct{ name, family string }{"key_1": {"first", "key_1"}, "key_2": {"second", "key_1"}, "key_3": {"own limit", "key_3"}} {
			var name, family string
			if err := s.row(t.Context(), `SELECT name, family_id FROM api_keys WHERE id = $1`, id).Scan(&name, &family); err != nil || name != want.name || family != want.family {
				t.Errorf("%s: key %s is %s of %s, %v; want %v", s.name, id, name, family, err, want)
			}
		}
		for table, want := range map[string]int64{"users": 2, "api_keys": 3, "admin_tokens": 1, "audit_log": 1, "idempotency": 1, "calls": 3, "activities": 1, "activity_sources": 1, "profiles": 1} {
			var n int64
			if err := s.row(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d rows of %s, %v; want %d", s.name, n, table, err, want)
			}
		}
		page, err := s.Activities(t.Context(), "user_ana", pierre.ActivityQuery{})
		if err != nil || len(page.Activities) != 1 || *page.Activities[0].DistanceMeters != 5000.5 || page.Activities[0].Name != "Morning run" {
			t.Errorf("%s: Activities = %+v, %v", s.name, page.Activities, err)
		}
		if p, err := s.Profile(t.Context(), "user_ana"); err != nil || p.FTPWatts == nil || *p.FTPWatts != 250 {
			t.Errorf("%s: Profile = %+v, %v", s.name, p, err)
		}
		if p, err := s.ProfileRecord(t.Context(), "user_ana"); err != nil || *p.On(time.Unix(-1e9, 0)).FTPWatts != 250 || len(p.History) != 1 {
			t.Errorf("%s: ProfileRecord = %+v, %v; want the value to hold from the beginning", s.name, p, err)
		}
		if tokens, err := s.AdminTokens(t.Context()); err != nil || len(tokens) != 1 || len(tokens[0].Unknown) != 1 {
			t.Errorf("%s: AdminTokens = %+v, %v", s.name, tokens, err)
		}
	}
}
