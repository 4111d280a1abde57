package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Whoever can write to the database can get around its triggers. The check finds the first entry that is not as it was.
func TestTamperedAuditLogIsFound(t *testing.T) {
	const free = `DROP TRIGGER audit_log_is_not_rewritten; DROP TRIGGER audit_log_is_not_shortened;
		DROP TRIGGER audit_chain_is_not_rewritten; DROP TRIGGER audit_chain_is_not_shortened; PRAGMA foreign_keys = OFF; `
	for name, tt := range map[string]struct {
		sql   string
		place int64
		why   string
	}{
		"changed":             {`UPDATE audit_log SET actor = 'x' WHERE seq = 3`, 3, "was changed"},
		"moved between cells": {`UPDATE audit_log SET actor = 'tes', person = 't' WHERE seq = 3`, 3, "was changed"},
		"another time":        {`UPDATE audit_log SET at_us = at_us + 1 WHERE seq = 2`, 2, "was changed"},
		"deleted":             {`DELETE FROM audit_log WHERE seq = 3`, 3, "was deleted"},
		"taken out":           {`DELETE FROM audit_chain WHERE seq = 3; DELETE FROM audit_log WHERE seq = 3`, 3, "is missing"},
		"closed up": {`DELETE FROM audit_chain WHERE seq = 3; DELETE FROM audit_log WHERE seq = 3;
			UPDATE audit_chain SET place = place - 1 WHERE place > 3`, 3, "was changed"},
		"swapped":  {`UPDATE audit_chain SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3); UPDATE audit_chain SET seq = -seq WHERE seq < 0`, 2, "was changed"},
		"cut off":  {`DELETE FROM audit_chain WHERE place > 4; DELETE FROM audit_log WHERE seq > 4`, 5, "cut off"},
		"new hash": {`UPDATE audit_chain SET hash = zeroblob(32) WHERE place = 5`, 5, "was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, filepath.Join(t.TempDir(), "pierre.db"))
			auditSome(t, s, 5)
			if check, err := s.VerifyAuditLog(t.Context(), nil); err != nil || check.Broken != nil || check.Entries != 5 {
				t.Fatalf("before: %+v, %v", check, err)
			}
			if _, err := s.write.ExecContext(t.Context(), free+tt.sql); err != nil {
				t.Fatal(err)
			}
			check, err := s.VerifyAuditLog(t.Context(), nil)
			if err != nil || check.Broken == nil || check.Broken.Place != tt.place || !strings.Contains(check.Broken.Why, tt.why) {
				t.Errorf("the check finds %+v, %v; want place %d: %s", check.Broken, err, tt.place, tt.why)
			}
		})
	}
	t.Run("cut off with its head", func(t *testing.T) {
		s := openTest(t, filepath.Join(t.TempDir(), "pierre.db"))
		auditSome(t, s, 5)
		kept, err := s.VerifyAuditLog(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		cut := free + `DELETE FROM audit_chain WHERE place > 4; DELETE FROM audit_log WHERE seq > 4;
			UPDATE audit_head SET place = 4, hash = (SELECT hash FROM audit_chain WHERE place = 4)`
		if _, err := s.write.ExecContext(t.Context(), cut); err != nil {
			t.Fatal(err)
		}
		if check, err := s.VerifyAuditLog(t.Context(), nil); err != nil || check.Broken != nil {
			t.Fatalf("without the kept head: %+v, %v", check, err)
		}
		if check, err := s.VerifyAuditLog(t.Context(), kept.Head); err != nil || check.KeptFound {
			t.Errorf("with the kept head: %+v, %v; want it not found", check, err)
		}
	})
}

func auditSome(t *testing.T, s *Store, n int) {
	t.Helper()
	act := pierre.Act{Person: "test", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for i := range n {
		if _, err := s.PutTier(t.Context(), act, pierre.Plan{Tier: pierre.Tier(fmt.Sprint("gold", i)), Mode: pierre.ModeLive}); err != nil {
			t.Fatal(err)
		}
	}
}

// Entries from before there was a chain get their places when the program starts; until then the check counts them.
func TestOldAuditEntriesAreChained(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "pierre.db"))
	auditSome(t, s, 1)
	const old = `INSERT INTO audit_log (at_us, actor, person, action, target, details)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) SELECT i, 'a', '', 'b', 'c', '{}' FROM n`
	if _, err := s.write.ExecContext(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if check, err := s.VerifyAuditLog(t.Context(), nil); err != nil || check.Broken != nil || check.Unchained != 1200 || check.Entries != 1 {
		t.Errorf("before: %+v, %v", check, err)
	}
	for range 2 {
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if check, err := s.VerifyAuditLog(t.Context(), nil); err != nil || check.Broken != nil || check.Unchained != 0 || check.Entries != 1201 {
			t.Errorf("after: %+v, %v", check, err)
		}
	}
}

// A key whose limit was its tier's follows the tier after the migration, and any other has a limit of its own.
func TestMigrationFindsWhatKeysFollow(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "pierre.db"))
	if _, err := s.schema.Provider().DownTo(t.Context(), 13); err != nil {
		t.Fatal(err)
	}
	const user = `INSERT INTO users (id, email, created_us) VALUES ('user_a', 'ana@example.com', 1);`
	if _, err := s.write.ExecContext(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	for id, values := range map[string]string{
		"key_trial": `'trial', 1000, 'month'`, "key_starter": `'starter', 10000, 'month'`, "key_pro": `'professional', 100000, 'month'`,
		"key_all": `'enterprise', 0, ''`, "key_own": `'starter', 10000, 'day'`, "key_more": `'trial', 5000, 'month'`,
	} {
		q := `INSERT INTO api_keys (id, user_id, name, description, tier, limit_requests, limit_period, hash, prefix, last4, created_us)
			VALUES ('` + id + `', 'user_a', '', '', ` + values + `, '` + id + strings.Repeat("x", 32-len(id)) + `', 'pk_live_abcd', 'wxyz', 1)`
		if _, err := s.write.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.write.ExecContext(t.Context(), `UPDATE api_keys SET hash = CAST(hash AS BLOB)`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, own := range map[pierre.KeyID]pierre.Limit{
		"key_trial": {}, "key_starter": {}, "key_pro": {}, "key_all": {},
		"key_own": {Requests: 10000, Period: pierre.PeriodDay}, "key_more": {Requests: 5000, Period: pierre.PeriodMonth},
	} {
		k, err := s.APIKey(t.Context(), id)
		if err != nil || k.Limit != own || k.Type != pierre.KeyPersonal {
			t.Errorf("%s has a limit of its own of %+v, %v; want %+v", id, k.Limit, err, own)
		}
	}
}
