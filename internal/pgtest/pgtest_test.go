package pgtest

import (
	"strings"
	"testing"
)

func TestDatabases(t *testing.T) {
	one, two := URL(t), URL(t)
	if one == two {
		t.Fatal("two tests share a database")
	}
	if err := execute(one, `CREATE TABLE t (n BIGINT)`); err != nil {
		t.Fatal(err)
	}
	if err := execute(two, `SELECT n FROM t`); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("the other database has the table, too: %v", err)
	}
	var filled Template
	fill := func(url string) error { return execute(url, `CREATE TABLE t (n BIGINT)`) }
	for range 2 { // with one fill, as a second one would fail
		if err := execute(filled.URL(t, fill), `SELECT n FROM t`); err != nil {
			t.Error(err)
		}
	}
}

// What was committed is there after the server was killed, and the address is the same.
func TestServerSurvivesKills(t *testing.T) {
	s := Start(t, false)
	url := s.URL(t)
	if err := execute(url, `CREATE TABLE t (n BIGINT)`); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(testing.TB){s.Kill, s.Stop} {
		end(t)
		if err := execute(url, `SELECT n FROM t`); err == nil {
			t.Error("the server answers after its end")
		}
		s.Restart(t)
		if err := execute(url, `SELECT n FROM t`); err != nil {
			t.Error(err)
		}
	}
}

// A copy has what was committed, and takes the server's place.
func TestStandby(t *testing.T) {
	s := Start(t, false)
	standby := s.Standby(t)
	url := s.EitherURL(t, standby)
	for _, statement := range []string{`CREATE TABLE t (n BIGINT)`, `INSERT INTO t VALUES (1)`} {
		if err := execute(url, statement); err != nil {
			t.Fatal(err)
		}
	}
	s.Kill(t)
	if err := execute(url, `INSERT INTO t VALUES (2)`); err == nil {
		t.Error("a copy takes writes")
	}
	standby.Promote(t)
	for _, statement := range []string{`INSERT INTO t VALUES (2)`, `SELECT 1 / (count(*) - 1) FROM t`} {
		if err := execute(url, statement); err != nil {
			t.Error(err)
		}
	}
}
