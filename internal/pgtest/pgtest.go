// Package pgtest gives tests real PostgreSQL databases. It starts the server that is installed on this machine in a
// temporary folder, once for all tests of a process, and stops it when the process ends, however it ends.
// PIERRE_TEST_POSTGRES names the URL of a running server to use instead. Without either, tests are skipped, or fail
// where CI is set.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// serverURL names a running server.
const serverURL = "PIERRE_TEST_POSTGRES"

// shared is the server of this process: the processes of tests have one each. If it were garbage, it would end.
var shared = sync.OnceValues(func() (*Server, error) { return start(false) })

// URL returns the URL of an empty database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, admin(t), "")
}

// A Template is a database that others are copied from, which takes less time than to fill each of them.
// Its zero value is ready.
type Template struct {
	once sync.Once
	name string
	err  error
}

// URL returns the URL of a database that has what fill put into the template, which is done once. It is dropped when
// the test ends. fill must leave no connection open.
func (tp *Template) URL(t testing.TB, fill func(databaseURL string) error) string {
	t.Helper()
	server := admin(t)
	tp.once.Do(func() {
		tp.name = newName()
		if tp.err = execute(server, `CREATE DATABASE `+tp.name); tp.err == nil {
			tp.err = fill(databaseURL(server, tp.name))
		}
	})
	if tp.err != nil {
		t.Fatal("filling the template database:", tp.err)
	}
	return create(t, server, ` TEMPLATE `+tp.name)
}

func admin(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(serverURL); given != "" {
		return given
	}
	s, err := shared()
	if err != nil {
		missing(t, err)
	}
	return s.admin()
}

// missing skips the test, or fails it in CI.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal("PostgreSQL is needed in CI:", err)
	}
	t.Skip("without PostgreSQL:", err)
}

func newName() string { return "pierre_test_" + strings.ToLower(rand.Text()) }

func create(t testing.TB, server, options string) string {
	t.Helper()
	name := newName()
	if err := execute(server, `CREATE DATABASE `+name+options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(server, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Log("dropping the test's database:", err)
		}
	})
	return databaseURL(server, name)
}

func databaseURL(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // connecting to it has an error that says why
	}
	u.Path = "/" + name
	return u.String()
}

// execute runs a statement that no transaction can hold.
func execute(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}
