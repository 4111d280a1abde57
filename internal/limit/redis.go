package limit

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

//go:embed reserve.lua
var reserveLua string

// slots is how many parts of a cluster the customers are spread over. Each part has a key with the epoch of the counts in
// it, so that a part that was emptied is noticed.
const slots = 64

// A counter counts in Redis.
type counter struct {
	client redis.UniversalClient
	line   *line            // to a Redis that is one process; nil: it is a cluster
	text   string           // of the script
	clock  func() time.Time // nil: Redis' own
}

func newCounter(client redis.UniversalClient, clock func() time.Time) *counter {
	text := reserveLua
	if clock != nil {
		text = strings.Replace(text, "redis.call('TIME')", "{KEYS[3], KEYS[4]}", 1)
	}
	c := &counter{client: client, text: text, clock: clock}
	if one, ok := client.(*redis.Client); ok {
		c.line = newLine(one)
	}
	return c
}

// eval runs the question's script.
func (c *counter) eval(ctx context.Context, q *question, keys []string, args []any) (any, error) {
	if c.line == nil {
		return q.script.EvalSha(ctx, c.client, keys, args...).Result()
	}
	return c.line.run(ctx, q.script, keys, args)
}

// script returns the epoch's script. Redis knows scripts by their hash, keeps them in the memory of its process and copies
// them to no other. Each epoch has a script of its own, which is loaded when it begins, where its calls are counted: a
// process that does not know it was not there, and what it has of the epoch's counts is an older copy.
func (c *counter) script(epoch string) *redis.Script {
	return redis.NewScript("-- epoch " + epoch + "\n" + c.text)
}

// marker returns a script that is loaded with the epoch's, and is the same in every version of the server: a process that
// knows it was there when the epoch began, whichever version's script it knows.
func marker(epoch string) *redis.Script {
	return redis.NewScript("-- pierre epoch " + epoch + "\nreturn 1")
}

// What run does.
const (
	actReclaim  = -3 // gives back a block but for so many calls
	actSettle   = -2 // gives back so many calls of a block
	actGiveBack = -1
	actLook     = 0
	actTake     = 1
)

// A question is about one call, or several of one kind.
type question struct {
	epoch   string
	script  *redis.Script // the epoch's
	act     int
	at      time.Time // of calls that are given back
	calls   int64     // how many at most
	account string
	buckets []pierre.Bucket // that have a limit
	seeds   map[int]string  // what is known of buckets by their place, as start:count
	block   string          // name of the block that is taken or given back, or that the call is of; "": none
	over    string          // names of blocks that are used up, each with a newline behind it
}

// run runs the script.
func (c *counter) run(ctx context.Context, q question) (reply, error) {
	args := make([]any, 0, 7+5*len(q.buckets))
	args = append(args, q.epoch, q.act, q.at.UnixMicro(), q.calls, lentFor.Microseconds(), q.block, q.over)
	for i, b := range q.buckets {
		if b.Burst.None() {
			args = append(args, "q", "q|"+b.ID+"|"+string(b.Limit.Period), string(b.Limit.Period), b.Limit.Requests, q.seeds[i])
		} else {
			interval, capacity := burstTimes(b.Burst)
			args = append(args, "b", "b|"+b.ID, interval, capacity, "")
		}
	}
	keys := []string{epochKey(slotOf(q.account)), countsKey(q.account)}
	if c.clock != nil {
		now := c.clock().UnixMicro()
		keys = append(keys, strconv.FormatInt(now/1e6, 10), strconv.FormatInt(now%1e6, 10))
	}
	answer, err := c.eval(ctx, &q, keys, args)
	if redis.HasErrorPrefix(err, "NOSCRIPT") && c.loadLate(ctx, q, keys[0]) {
		answer, err = c.eval(ctx, &q, keys, args)
	}
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		return reply{kind: replyEpoch}, nil
	}
	if err != nil {
		return reply{}, fmt.Errorf("counting in Redis: %v", err)
	}
	return decodeReply(answer, len(q.buckets))
}

func slotOf(account string) int {
	h := fnv.New32a()
	h.Write([]byte(account))
	return int(h.Sum32() % slots)
}

// countsKey has what is counted for a customer, a field for each bucket and one for each block.
func countsKey(account string) string {
	return "pierre:{" + strconv.Itoa(slotOf(account)) + "}:" + account
}

func epochKey(slot int) string { return "pierre:{" + strconv.Itoa(slot) + "}:epoch" }

// begin lets calls be counted in the epoch. The keys are set once in an epoch: one that is missing later was lost, and
// what was counted beside it too. So is the script loaded.
func (c *counter) begin(ctx context.Context, epoch string, script *redis.Script, first bool) error {
	for _, known := range []*redis.Script{script, marker(epoch)} {
		if err := c.load(ctx, known); err != nil {
			return err
		}
	}
	var began int64
	if !first {
		now, err := c.client.Time(ctx).Result()
		if err != nil {
			return err
		}
		if c.clock != nil {
			now = c.clock()
		}
		began = now.UnixMicro()
	}
	value := epoch + ":" + strconv.FormatInt(began, 10)
	_, err := c.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for slot := range slots {
			p.Set(ctx, epochKey(slot), value, 0)
		}
		return nil
	})
	return err
}

// load loads the script where calls are counted, which in a cluster is every master, and nowhere else.
func (c *counter) load(ctx context.Context, script *redis.Script) error {
	if cluster, ok := c.client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error { return script.Load(ctx, master).Err() })
	}
	return script.Load(ctx, c.client).Err()
}

// loadLate loads the script into the process that has the key, if the process was there when the epoch began: a server of
// another version may have begun it, whose script differs. It reports whether it did.
func (c *counter) loadLate(ctx context.Context, q question, key string) bool {
	process, ok := c.client.(*redis.Client)
	if cluster, many := c.client.(*redis.ClusterClient); many {
		master, err := cluster.MasterForKey(ctx, key)
		process, ok = master, err == nil
	}
	if !ok {
		return false
	}
	conn := process.Conn() // what is behind the address may change from one connection to the next
	defer conn.Close()     //nolint:errcheck // nothing is lost with it
	known, err := conn.ScriptExists(ctx, marker(q.epoch).Hash()).Result()
	return err == nil && len(known) == 1 && known[0] && q.script.Load(ctx, conn).Err() == nil
}

// reachesAll reports whether every part of a cluster answers.
func (c *counter) reachesAll(ctx context.Context) bool {
	_, err := c.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for slot := range slots {
			p.Exists(ctx, epochKey(slot))
		}
		return nil
	})
	return err == nil
}

// A reply is what the script answers.
type reply struct {
	kind    replyKind
	now     int64 // microseconds since 1970
	calls   int64 // that were taken
	lent    int64 // if none were: until then others may give calls back, 0 if none will, or left
	buckets []bucketReply

	id    pierre.CallID // of the call, if it is one of a block; "": any
	block string        // its name; "": none
}

// left says that there are blocks which their servers should have given back.
const left = 1

type replyKind int64

const (
	replyRefused replyKind = iota
	replyTaken
	replyMissing // counts of these buckets are missing
	replyEpoch   // Redis does not have the counts of this epoch
)

type bucketReply struct {
	place      int   // among the buckets that were asked for
	value      int64 // used before the call, or theoretical arrival time
	start, end int64
}

var errReply = errors.New("redis answered what the script does not")

// replyHead is how many numbers come before those of the buckets.
const replyHead = 3

// maxMicros bounds times and counts: they must be exact as Lua's numbers.
const maxMicros = 1 << 53

// decodeReply reads an answer about n buckets.
func decodeReply(answer any, n int) (reply, error) {
	list, ok := answer.([]any)
	if !ok || len(list) == 0 || len(list) > replyHead+3*n {
		return reply{}, errReply
	}
	numbers := make([]int64, len(list))
	for i, v := range list {
		number, ok := v.(int64)
		if !ok || number < 0 || number > maxMicros {
			return reply{}, errReply
		}
		numbers[i] = number
	}
	r := reply{kind: replyKind(numbers[0])}
	if r.kind == replyEpoch && len(list) == 1 {
		return r, nil
	}
	if r.kind >= replyEpoch || len(list) < replyHead || (len(list)-replyHead)%3 != 0 {
		return reply{}, errReply
	}
	r.now = numbers[1]
	if r.kind == replyTaken {
		r.calls = numbers[2]
	} else {
		r.lent = numbers[2]
	}
	if r.kind == replyTaken && r.calls == 0 {
		return reply{}, errReply
	}
	for i := replyHead; i < len(numbers); i += 3 {
		b := bucketReply{place: (i - replyHead) / 3, value: numbers[i], start: numbers[i+1], end: numbers[i+2]}
		if r.kind == replyMissing {
			b.place, b.value = int(numbers[i])-1, 0 // Lua counts from 1
			if b.place < 0 || b.place >= n || b.start >= b.end {
				return reply{}, errReply
			}
		}
		r.buckets = append(r.buckets, b)
	}
	if r.kind == replyMissing && len(r.buckets) == 0 {
		return reply{}, errReply
	}
	return r, nil
}

// states returns the states of the buckets after the call, or before it if it was not taken.
func (r reply) states(buckets []pierre.Bucket, taken bool) ([]State, error) {
	if len(r.buckets) != len(buckets) {
		return nil, errReply
	}
	var one int64
	if taken {
		one = 1
	}
	states := make([]State, 0, len(buckets))
	for i, b := range buckets {
		got := r.buckets[i]
		if !b.Burst.None() {
			interval, _ := burstTimes(b.Burst)
			states = append(states, burstState(b, max(got.value, r.now)+one*interval, r.now))
			continue
		}
		states = append(states, quotaState(b, got.value+one, time.UnixMicro(got.start).UTC(), time.UnixMicro(got.end).UTC()))
	}
	return states, nil
}
