package serverdoctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redisconn"
	"github.com/pierre-mcp/pierre/internal/store"
)

const (
	integrityTime = 10 * time.Second
	largeWAL      = 1 << 30
	clockWarn     = 2 * time.Second
	clockFail     = 30 * time.Second
)

const startsMsg = "the server does so when it starts, or run pierre-mcp-server migrate"

// database checks that the database can be reached, is of this version and undamaged, and who serves it.
func (x *examination) database(ctx context.Context) {
	path := x.file()
	if path != "" {
		if _, err := os.Stat(path); err != nil { // opening it would make it
			x.skip("database", path+" is not there yet; "+startsMsg)
			return
		}
	}
	st, err := store.Open(x.DatabaseURL, x.DataDir)
	if err != nil && path == "" {
		x.fail("database", finding{pierre.MessageOf(err, "the database cannot be opened"), "Without it the server does not start.", "correct --database-url"})
		return
	}
	var version, newest int64
	if err == nil {
		defer st.Close() //nolint:errcheck // nothing was written
		version, newest, err = st.SchemaVersion(ctx)
	}
	if err != nil && path != "" {
		x.fail("database", finding{path + " cannot be read: it is damaged, or no database of pierre-mcp-server.", "Without it the server does not start.", "correct --database-url, or stop the server and restore the newest backup that pierre-mcp-server verify accepts"})
		return
	}
	name := st.Base().Name()
	switch {
	case err != nil:
		x.fail("database", finding{
			name + ": " + pierre.MessageOf(err, "it cannot be reached, or has no tables"), "Without it the server does not start.",
			"start it, and correct host, name, user and password in --database-url; then " + startsMsg,
		})
		return
	case version < newest:
		x.warn("database", finding{fmt.Sprintf("%s has the tables of version %d, this program those of %d", name, version, newest), "The server brings them up to date when it starts.", "make a backup with the program that serves it, then start the new one"})
	case version > newest:
		x.warn("database", finding{fmt.Sprintf("%s has the tables of version %d, this program those of %d", name, version, newest), "A newer program has used it.", "install the newer version"})
	default:
		x.ok("database", "%s, version %d", name, version)
		x.originals(ctx, st)
	}
	if path == "" {
		x.postgres(ctx, st)
		return
	}
	x.sqlite(ctx, st, path)
}

// originals says how much is kept of the files of recordings.
func (x *examination) originals(ctx context.Context, st *store.Store) {
	const name = "files of recordings"
	ctx, cancel := context.WithTimeout(ctx, integrityTime)
	defer cancel()
	n, err := st.Originals(ctx)
	switch {
	case err != nil:
		x.skip(name, "they could not be counted: "+pierre.MessageOf(err, "it took longer than "+integrityTime.String()))
	case n.Files == 0:
		x.skip(name, "none are kept (--keep-originals)")
	default:
		x.ok(name, "%s of %s, kept as %s", human.Plural(n.Files, "file"), human.Bytes(n.Bytes), human.Bytes(n.Packed))
	}
}

// sqlite checks the file.
func (x *examination) sqlite(ctx context.Context, st *store.Store, path string) {
	size := int64(0)
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > largeWAL {
		x.warn("database size", finding{
			"The write-ahead log beside the database has " + human.Bytes(info.Size()) + ".",
			"Some program reads the database without end, so that the log cannot be taken up; the disk fills.", "end programs that hold the database open, then restart the server",
		})
	} else {
		x.ok("database size", "%s", human.Bytes(size))
	}
	ctx, cancel := context.WithTimeout(ctx, integrityTime)
	defer cancel()
	found, err := st.Base().Texts(ctx, `PRAGMA quick_check(1)`)
	switch {
	case ctx.Err() != nil:
		x.skip("integrity", fmt.Sprintf("checking the whole file takes longer than %s; pierre-mcp-server verify BACKUP checks a backup", integrityTime))
	case err != nil || len(found) != 1 || found[0] != "ok":
		x.fail("integrity", finding{"SQLite finds the file damaged.", "Answers may be wrong, and the server may stop.", "stop the server and restore the newest backup that pierre-mcp-server verify accepts"})
	default:
		x.ok("integrity", "SQLite finds nothing wrong with the file")
	}
	x.serving(st)
}

// serving finds out whether a server has the file.
func (x *examination) serving(st *store.Store) {
	err := st.BeginServing() // until st is closed, a moment later
	switch {
	case err == nil:
		x.ok("server", "no server uses the database now")
	case pierre.KindOf(err) == pierre.KindConflict && errors.Unwrap(err) == nil:
		x.fail("server", finding{pierre.MessageOf(err, ""), "Two servers on one file count calls and remember keys each for itself.", "remove the other name of the file"})
	case pierre.KindOf(err) == pierre.KindConflict:
		x.ok("server", "one server uses the database; its lock keeps others away")
	default:
		x.warn("server", finding{"The lock beside the database cannot be used.", "Nothing keeps a second server from the file.", "let the server's user write in the data folder"})
	}
}

// postgres checks the database's server.
func (x *examination) postgres(ctx context.Context, st *store.Store) {
	db := st.Base()
	var size, used, most int64
	var at time.Time
	began := x.now()
	err := db.Row(ctx, `SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
		current_setting('max_connections')::bigint, clock_timestamp()`).Scan(&size, &used, &most, &at)
	if err != nil {
		x.warn("database server", finding{"PostgreSQL does not say how it is.", "", "let the user read pg_stat_activity"})
		return
	}
	x.ok("database size", "%s", human.Bytes(size))
	if used*10 > most*9 {
		x.warn("connections", finding{fmt.Sprintf("%d of PostgreSQL's %d connections are used.", used, most), "Servers that get none answer with 503.", "lower --database-connections, raise max_connections, or use a pooler"})
	} else {
		x.ok("connections", "%d of PostgreSQL's %d are used", used, most)
	}
	x.clock("PostgreSQL", at, began)
}

// clock compares another clock, read between began and now, with this machine's.
func (x *examination) clock(whose string, at, began time.Time) {
	off := time.Duration(0)
	if at.Before(began) {
		off = began.Sub(at)
	} else if now := x.now(); at.After(now) {
		off = at.Sub(now)
	}
	f := finding{
		fmt.Sprintf("This machine's clock and that of %s are %s apart.", whose, off.Round(time.Second/10)),
		"Limits and expiries are counted by clocks.", "keep both machines' clocks right with NTP: timedatectl set-ntp true",
	}
	switch {
	case off > clockFail:
		x.fail("clock", f)
	case off > clockWarn:
		x.warn("clock", f)
	default:
		x.ok("clock", "agrees with that of %s", whose)
	}
}

// redis checks Redis and that it forgets nothing by itself.
func (x *examination) redis(ctx context.Context) {
	url := x.RedisURL.Reveal()
	if url == "" {
		x.skip("redis", "not used")
		return
	}
	client, err := redisconn.Open(url)
	if err != nil {
		x.fail("redis", finding{err.Error(), "Limits are counted there.", "correct --redis-url"})
		return
	}
	defer client.Close() //nolint:errcheck // nothing was written
	began := x.now()
	at, err := client.Time(ctx).Result()
	if err != nil {
		x.fail("redis", finding{"Redis cannot be reached.", "Until it can, servers share what was left of the limits, or refuse calls; see --redis-down.", "start it, and correct host and password in --redis-url"})
		return
	}
	x.clock("Redis", at, began)
	policy, err := client.ConfigGet(ctx, "maxmemory*").Result()
	switch {
	case err != nil:
		x.warn("redis", finding{"Redis answers, but does not tell its maxmemory-policy.", "With another than noeviction it may forget what was counted, and admit calls over the limit.", "see to it that it is noeviction"})
	case policy["maxmemory-policy"] != "noeviction" && policy["maxmemory"] != "0":
		x.fail("redis", finding{"Redis has the maxmemory-policy " + policy["maxmemory-policy"] + ".", "When its memory is full it forgets what was counted, and admits calls over the limit.", "set maxmemory-policy noeviction"})
	default:
		x.ok("redis", "answers, and forgets nothing by itself")
	}
}
