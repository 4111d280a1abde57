package mcpload

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

// Backing is a PostgreSQL and a Redis of the benchmark's own.
type Backing struct {
	postgres *pgtest.Server
	redis    *redistest.Server
	database string
}

// OpenBacking starts both. A commit waits until it is written, and with fsync until the disk says that it has it, as in
// production. options are more of postgres' arguments.
func OpenBacking(fsync bool, options ...string) (*Backing, error) {
	pg, err := pgtest.Open(fsync, options...)
	if err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	b := &Backing{postgres: pg}
	if b.database, err = pg.Database(); err != nil {
		b.Close()
		return nil, err
	}
	if b.redis, err = redistest.Open(); err != nil {
		b.Close()
		return nil, fmt.Errorf("starting Redis: %w", err)
	}
	return b, nil
}

// URLs returns where both are.
func (b *Backing) URLs() (database, redis string) { return b.database, b.redis.URL() }

// Close ends both.
func (b *Backing) Close() {
	if b.redis != nil {
		b.redis.Close()
	}
	b.postgres.Close()
}

// CPU returns the processor time that both have used.
func (b *Backing) CPU() (postgres, redis time.Duration) {
	for _, pid := range b.postgres.Processes() {
		own, ended := processorTimes(pid)
		postgres += own + ended
	}
	own, _ := processorTimes(b.redis.Process())
	return postgres, own
}

// tick is the unit of the kernel's processor times, on all machines that Linux runs on today.
const tick = 10 * time.Millisecond

// processorTimes returns the processor time that a process has used, and that of its children that have ended, on Linux.
func processorTimes(pid int) (own, ended time.Duration) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0 // it has ended, or this is no Linux
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may hold anything
	fields := strings.Fields(after)
	if len(fields) < 15 {
		return 0, 0
	}
	var ticks [4]int64
	for i := range ticks {
		if _, err := fmt.Sscan(fields[11+i], &ticks[i]); err != nil {
			return 0, 0
		}
	}
	return time.Duration(ticks[0]+ticks[1]) * tick, time.Duration(ticks[2]+ticks[3]) * tick
}

// Machine returns the time of all processors of this machine together, how much of it they worked, and how much of it the machine
// that this one is a part of gave to others when there was work, on Linux.
func Machine() (all, busy, stolen time.Duration) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		var ticks int64
		if _, err := fmt.Sscan(field, &ticks); err != nil || i > 8 { // the name, and what is part of other fields
			continue
		}
		spent := time.Duration(ticks) * tick
		all += spent
		switch i {
		case 4, 5: // idle, waiting for a disk
		case 8: //nolint:mnd // its place, see proc_stat(5)
			stolen = spent
		default:
			busy += spent
		}
	}
	return all, busy, stolen
}
