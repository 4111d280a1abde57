package limit

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An account holds what the buckets of one customer have used. All of a call is decided under its lock. There is one for each
// customer that calls, which has few buckets and few running calls: lists take less memory than maps, and are nearer. While
// no call runs it keeps no memory for one. Mostly there is one bucket with one window, which lie in the account itself.
type account struct {
	mu      sync.Mutex
	now     int64        // of the latest call, in nanoseconds since 1970: time does not run backwards in an account; [dropped]
	buckets []bucket     // in the order of their ids
	running *[]admission // calls that may not be in the store yet; nil: none
	first   [1]bucket
	windows [1]window // of the first bucket that was added
}

// dropped is the time of an account that is no longer in the limiter: look there again.
const dropped = math.MinInt64

func newAccount() *account {
	a := &account{}
	a.buckets = a.first[:0]
	return a
}

// A bucket holds what is used of it: one window per period that has been in force since it opened, so mostly one.
type bucket struct {
	id      string
	windows []window
	tat     int64 // of its burst
}

type window struct {
	start, used int64  // microseconds since 1970; calls
	before      int64  // what was used when the window was first looked at
	seconds     uint32 // from its start to its end
	period      int8   // its place in [pierre.Periods]
}

// An admission is a running call.
type admission struct {
	id pierre.CallID
	running
}

// A running call counts at that time against those buckets, whether they have a limit or not.
type running struct {
	at      time.Time
	buckets []pierre.Bucket
}

// maxSkew is how far a call's time may lie before that of another call. Between concurrent calls it is microseconds;
// more means that the clock was set back.
const maxSkew = time.Minute

// moment returns the time at which a call of now counts.
func (a *account) moment(now time.Time) time.Time {
	if at := now.UnixNano(); at > a.now || at < a.now-int64(maxSkew) {
		return now
	}
	return time.Unix(0, a.now).UTC()
}

// states returns the states at now of the buckets of the account that have a limit.
func (l *Limiter) states(ctx context.Context, a *account, buckets []pierre.Bucket, now time.Time) ([]State, error) {
	list := make([]State, 0, len(buckets))
	for _, b := range buckets {
		if !b.Limited() {
			continue
		}
		held := a.bucket(b, l.began)
		if !b.Burst.None() {
			list = append(list, burstState(b, held.tat, now.UnixMicro()))
			continue
		}
		w, err := l.window(ctx, a, b, held, now)
		if err != nil {
			return nil, err
		}
		list = append(list, l.quotaState(b, w))
	}
	return list, nil
}

// quotaState is the state of a quota, or of this server's share of it.
func (l *Limiter) quotaState(b pierre.Bucket, w *window) State {
	start, end := w.bounds()
	s := quotaState(b, w.used, start, end)
	if l.share > 1 {
		share := max(0, b.Limit.Requests-w.before) / l.share
		s.Remaining = max(0, share-(w.used-w.before))
		if s.Remaining == 0 {
			s.FreesAt = end
		}
	}
	return s
}

// bucket returns what is held of b, until another one is added. What was taken of its burst before began is not known: it was used up.
func (a *account) bucket(b pierre.Bucket, began time.Time) *bucket {
	i, found := a.find(b.ID)
	if !found {
		added := bucket{id: b.ID}
		if len(a.buckets) == 0 {
			added.windows = a.windows[:0]
		}
		a.buckets = slices.Insert(a.buckets, i, added)
	}
	held := &a.buckets[i]
	if held.tat == 0 && !b.Burst.None() && !began.IsZero() {
		_, capacity := burstTimes(b.Burst)
		held.tat = began.UnixMicro() + capacity
	}
	return held
}

// find returns where the bucket of that id is in a.buckets, or belongs.
func (a *account) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(a.buckets, id, func(b bucket, id string) int { return strings.Compare(b.id, id) })
}

// window returns the open window of the bucket's period. One that has just opened starts from the store, and counts the
// calls that are still running as well: they were admitted under another limit or before this one was looked at.
func (l *Limiter) window(ctx context.Context, a *account, b pierre.Bucket, held *bucket, now time.Time) (*window, error) {
	held.prune(now)
	period := int8(slices.Index(pierre.Periods(), b.Limit.Period))
	for i := range held.windows {
		if held.windows[i].period == period {
			return &held.windows[i], nil
		}
	}
	start, end := b.Limit.Period.Window(now)
	w := window{period: period, start: start.UnixMicro(), seconds: uint32(end.Sub(start) / time.Second)}
	calls := reportedIn(l.reported, b.ID, start, end)
	for _, r := range a.calls() {
		if w.contains(r.at) && r.counts(b.ID) {
			calls = append(calls, pierre.RunningCall{ID: r.id, At: r.at})
		}
	}
	stored, err := l.counts.QuotaUsed(ctx, b.ID, b.Limit.Period, start, calls)
	if err != nil {
		return nil, err
	}
	w.used = stored + int64(len(calls))
	w.before = w.used
	held.windows = append(held.windows, w)
	return &held.windows[len(held.windows)-1], nil
}

// prune drops the windows that are not open at now.
func (b *bucket) prune(now time.Time) {
	b.windows = slices.DeleteFunc(b.windows, func(w window) bool { return !w.contains(now) })
}

func (w *window) contains(at time.Time) bool {
	return w.start <= at.UnixMicro() && at.UnixMicro() < w.end()
}

func (w *window) end() int64 { return w.start + int64(w.seconds)*time.Second.Microseconds() }

func (w *window) bounds() (start, end time.Time) {
	return time.UnixMicro(w.start).UTC(), time.UnixMicro(w.end()).UTC()
}

func (r running) counts(id string) bool {
	for _, b := range r.buckets {
		if b.ID == id {
			return true
		}
	}
	return false
}

// admit counts a call in its bursts and in every open window that contains its time, as the store will.
func (a *account) admit(id pierre.CallID, r running) {
	if a.running == nil {
		a.running = &[]admission{}
	}
	*a.running = append(*a.running, admission{id, r})
	a.add(r, 1)
}

// calls returns the running calls.
func (a *account) calls() []admission {
	if a.running == nil {
		return nil
	}
	return *a.running
}

// end forgets a running call, and uncounts it unless it is in the store now.
func (a *account) end(id pierre.CallID, stored bool) {
	calls := a.calls()
	i := slices.IndexFunc(calls, func(r admission) bool { return r.id == id })
	if i < 0 {
		return // it has ended before
	}
	r, last := calls[i].running, len(calls)-1
	calls[i], calls[last] = calls[last], admission{}
	if *a.running = calls[:last]; last == 0 {
		a.running = nil
	}
	if !stored {
		a.add(r, -1)
	}
}

func (a *account) add(r running, n int64) {
	last := ""
	for _, b := range r.buckets {
		at, found := a.find(b.ID)
		if !found {
			continue
		}
		held := &a.buckets[at]
		if !b.Burst.None() {
			interval, _ := burstTimes(b.Burst)
			if n > 0 {
				held.tat = burstTAT(b.Burst, held.tat, r.at.UnixMicro())
			}
			held.tat += n * interval
		}
		if b.ID == last {
			continue // its burst and its quota are two entries of one bucket
		}
		last = b.ID
		for i := range held.windows {
			if w := &held.windows[i]; w.contains(r.at) {
				w.used += n
			}
		}
	}
}

// idle drops the buckets that hold nothing, and reports whether nothing is lost if the account is forgotten.
func (a *account) idle(now time.Time) bool {
	for i := range a.buckets {
		a.buckets[i].prune(now)
	}
	a.buckets = slices.DeleteFunc(a.buckets, func(b bucket) bool {
		return len(b.windows) == 0 && b.tat <= now.UnixMicro()
	})
	return len(a.buckets) == 0 && a.running == nil
}
