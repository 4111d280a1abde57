// Package pgtest gives tests real PostgreSQL databases. It starts the server that is installed on this machine in a
// temporary folder, once for all tests of a process, and stops it when the process ends, however it ends.
// PIERRE_TEST_POSTGRES names the URL of a running server to use instead; of a distributed one the URLs of all nodes, with
// spaces between them, that which is talked to in front. Without either, tests are skipped, or fail where CI is set.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

const (
	serverURL  = "PIERRE_TEST_POSTGRES"     // names a running server
	templateIs = "PIERRE_TEST_POSTGRES_SQL" // names a file of statements for each template after it was filled, such as to distribute its tables
)

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
	nodes := admin(t)
	tp.once.Do(func() {
		tp.name = newName()
		if tp.err = onAll(nodes, `CREATE DATABASE `+tp.name); tp.err == nil {
			tp.err = fill(databaseURL(nodes[0], tp.name))
		}
		if file := os.Getenv(templateIs); file != "" && tp.err == nil {
			tp.err = finish(nodes, tp.name, file)
		}
	})
	if tp.err != nil {
		t.Fatal("filling the template database:", tp.err)
	}
	return create(t, nodes, ` TEMPLATE `+tp.name)
}

// finish runs the statements of a file in a template. What the server itself then does with the database, as Citus' daemons do, would
// keep it from being copied.
func finish(nodes []string, name, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := execute(databaseURL(nodes[0], name), string(text)); err != nil {
		return err
	}
	return errors.Join(onAll(nodes, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`),
		onAll(nodes, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`))
}

// admin returns the URLs of the server's nodes, for statements about databases; one, if it is not distributed.
func admin(t testing.TB) []string {
	t.Helper()
	if given := strings.Fields(os.Getenv(serverURL)); len(given) > 0 {
		return given
	}
	s, err := shared()
	if err != nil {
		missing(t, err)
	}
	return []string{s.admin()}
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

func create(t testing.TB, nodes []string, options string) string {
	t.Helper()
	name := newName()
	t.Cleanup(func() {
		if err := onAll(nodes, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Log("dropping the test's database:", err)
		}
	})
	if err := onAll(nodes, `CREATE DATABASE `+name+options); err != nil {
		t.Fatal(err)
	}
	return databaseURL(nodes[0], name)
}

func databaseURL(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // connecting to it has an error that says why
	}
	u.Path = "/" + name
	return u.String()
}

// onAll runs a statement at all nodes.
func onAll(nodes []string, statement string) error {
	for _, node := range nodes {
		if err := execute(node, statement); err != nil {
			return err
		}
	}
	return nil
}

// execute runs a statement that no transaction can hold, or several.
func execute(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	return err
}
