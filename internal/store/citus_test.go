package store_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// citusFunctions check what Citus checks of a table that is distributed: that it and the column are there, and that each of its keys has
// the column. They distribute nothing.
const citusFunctions = `
CREATE FUNCTION create_distributed_table(of regclass, by_column text, colocate_with text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE k record;
BEGIN
	IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = of AND attname = by_column) THEN
		RAISE 'table % has no column %', of, by_column;
	END IF;
	FOR k IN SELECT indexrelid::regclass AS name, array(SELECT attname::text FROM pg_attribute WHERE attrelid = indexrelid) AS columns
		FROM pg_index WHERE indrelid = of AND indisunique LOOP
		IF NOT by_column = ANY (k.columns) THEN RAISE 'the key % of % has no column %', k.name, of, by_column; END IF;
	END LOOP;
END $$;
CREATE FUNCTION create_distributed_table(of regclass, by_column text) RETURNS void LANGUAGE sql AS $$ SELECT create_distributed_table(of, by_column, '') $$;
CREATE FUNCTION create_reference_table(of regclass) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION citus_add_local_table_to_metadata(of regclass) RETURNS void LANGUAGE sql AS ''`

// What is distributed has to be there, with keys that Citus can keep, also after the next migration. Citus itself is not needed for that.
func TestTablesForCitusCanBeDistributed(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../deploy/citus/distribute.sql")
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.On(t, "postgres")
	conn, err := pgx.Connect(t.Context(), store.URL(s))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, text := range []string{citusFunctions, string(script)} {
		if err := conn.PgConn().Exec(t.Context(), text).Close(); err != nil {
			t.Fatal(err)
		}
	}
}
