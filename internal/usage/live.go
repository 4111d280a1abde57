package usage

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A LiveStore says how the usage of all keys stands at now.
type LiveStore interface {
	LiveUsage(ctx context.Context, now time.Time) (pierre.LiveUsage, error)
}

const (
	liveEvery  = 2 * time.Second
	liveKept   = 450 // events that a viewer who comes back can still get: five minutes, with three of each look
	liveBehind = 16  // events that a viewer may be behind
	maxViewers = 200
)

// A LiveEvent is what viewers are shown.
type LiveEvent struct {
	ID   string
	Type string // usage, refusals or calls
	Data []byte // JSON: a LiveNumbers, LiveRefusals or LiveCalls
}

// LiveNumbers are the calls of all keys since the event before.
type LiveNumbers struct {
	At             time.Time `json:"at"`
	CallsPerSecond float64   `json:"calls_per_second"` // refused ones too
	Succeeded      int64     `json:"succeeded"`
	Failed         int64     `json:"failed"`
	RateLimited    int64     `json:"rate_limited"`
	ActiveKeys     int64     `json:"active_keys"`     // with calls in the last five minutes
	Today          int64     `json:"since_yesterday"` // calls since the start of the UTC day before
}

// LiveRefusals are the calls that limits refused in the last five minutes, the latest first.
type LiveRefusals struct {
	At       time.Time     `json:"at"`
	Refusals []LiveRefusal `json:"refusals"`
}

// A LiveRefusal counts the calls of a key that its limit refused within one minute.
type LiveRefusal struct {
	KeyID   pierre.KeyID `json:"api_key_id"`
	Minute  time.Time    `json:"minute"`
	Tool    string       `json:"tool"`
	Country string       `json:"country"`
	Calls   int64        `json:"calls"`
}

// LiveCalls are calls that ended since the event before, the latest first. Of very many, the latest 50 are among them.
type LiveCalls struct {
	At    time.Time  `json:"at"`
	Calls []LiveCall `json:"calls"`
}

// A LiveCall is a call without its arguments and without where it came from.
type LiveCall struct {
	ID         pierre.CallID     `json:"id"`
	KeyID      pierre.KeyID      `json:"api_key_id"` // "" for the single tenant
	KeyName    string            `json:"name"`
	UserID     pierre.UserID     `json:"user_id"`    // whose key it is
	UserEmail  string            `json:"user_email"` // "" if the customer was deleted meanwhile
	Tool       string            `json:"tool"`
	Status     pierre.CallStatus `json:"status"` // succeeded or failed
	Started    time.Time         `json:"started_at"`
	DurationMS float64           `json:"duration_ms"`
}

// Live shows the usage of this moment to viewers. However many they are, the store is asked once per tick, and not at all
// without viewers. It is safe for concurrent use.
type Live struct {
	store LiveStore
	log   *slog.Logger
	run   string // begins the ids of this process's events

	arrived chan struct{} // holds an element after the first viewer came

	mu      sync.Mutex
	closed  bool
	viewers map[*Viewer]bool
	events  []LiveEvent // the last ones
	number  int64       // of the last event
	before  pierre.LiveUsage
	told    map[pierre.CallID]bool // the calls of the last look, however long ago
}

// NewLive returns a Live whose Run has to be called.
func NewLive(store LiveStore, log *slog.Logger) *Live {
	return &Live{store: store, log: log, run: rand.Text()[:8], arrived: make(chan struct{}, 1), viewers: map[*Viewer]bool{}}
}

// A Viewer gets events until it is closed, which it is, too, when it is too far behind or Run ends.
type Viewer struct {
	Events chan LiveEvent // closed at the end
	of     *Live
}

// Watch adds a viewer, who first gets the events after the one with that id that are still known. Too many viewers are
// [pierre.KindUnavailable], as are any after Run has ended.
func (l *Live) Watch(after string) (*Viewer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.viewers) >= maxViewers {
		return nil, &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server shows its live numbers to as many as it can. Try again in a moment."}
	}
	missed, known := l.since(after)
	switch {
	case known:
	case len(l.before.Calls) > 0: // somebody new sees what the others have seen last
		missed = []LiveEvent{{l.id(), "calls", callsEvent(l.before.At, l.before.Calls)}}
	case len(l.viewers) == 0: // what others have seen is not told them again
		l.told = nil
	}
	v := &Viewer{Events: make(chan LiveEvent, len(missed)+liveBehind), of: l}
	for _, e := range missed {
		v.Events <- e
	}
	l.viewers[v] = true
	select {
	case l.arrived <- struct{}{}:
	default:
	}
	return v, nil
}

// since returns the events after one; known is false if it is none of this process.
func (l *Live) since(after string) (events []LiveEvent, known bool) {
	run, text, _ := strings.Cut(after, "-")
	number, err := strconv.ParseInt(text, 10, 64)
	if run != l.run || err != nil || number < 0 || number > l.number {
		return nil, false
	}
	return l.events[max(0, int64(len(l.events))-(l.number-number)):], true
}

// id returns the id of the last event. l.mu is held.
func (l *Live) id() string { return l.run + "-" + strconv.FormatInt(l.number, 10) }

// Close ends the viewer.
func (v *Viewer) Close() {
	v.of.mu.Lock()
	defer v.of.mu.Unlock()
	v.of.drop(v)
}

// drop ends a viewer; l.mu is held.
func (l *Live) drop(v *Viewer) {
	if l.viewers[v] {
		delete(l.viewers, v)
		close(v.Events)
	}
}

// Run looks at the usage while there are viewers, until ctx ends, and then ends the viewers.
func (l *Live) Run(ctx context.Context) {
	defer l.end()
	for {
		select {
		case <-l.arrived:
		case <-ctx.Done():
			return
		}
		l.mu.Lock()
		l.before = pierre.LiveUsage{} // what was between is not of this moment
		l.mu.Unlock()
		tick := time.NewTicker(liveEvery)
		for watched := true; watched; {
			watched = l.look(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
		tick.Stop()
	}
}

func (l *Live) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for v := range l.viewers {
		l.drop(v)
	}
}

// look asks the store and tells the viewers. It reports false if there are none.
func (l *Live) look(ctx context.Context) bool {
	if !l.watched() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, liveEvery)
	defer cancel()
	now, err := l.store.LiveUsage(ctx, time.Now())
	if err != nil {
		if ctx.Err() == nil {
			l.log.WarnContext(ctx, "looking at live usage failed", slog.Any("err", err))
		}
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell("usage", l.numbers(now))
	if len(now.Refused) > 0 && (l.before.At.IsZero() || now.Totals.Refused != l.before.Totals.Refused) {
		r := LiveRefusals{At: now.At}
		for _, c := range now.Refused {
			r.Refusals = append(r.Refusals, LiveRefusal{c.KeyID, c.Minute, c.Tool, c.Country, c.Calls})
		}
		l.tell("refusals", r)
	}
	if calls := l.fresh(now.Calls); len(calls) > 0 {
		l.tellAll("calls", callsEvent(now.At, calls))
	}
	l.before = now
	return true
}

// fresh returns the calls that the last look did not find. l.mu is held.
func (l *Live) fresh(calls []pierre.LiveCall) (fresh []pierre.LiveCall) {
	told := make(map[pierre.CallID]bool, len(calls))
	for _, c := range calls {
		if told[c.ID] = true; !l.told[c.ID] {
			fresh = append(fresh, c)
		}
	}
	l.told = told
	return fresh
}

func callsEvent(at time.Time, calls []pierre.LiveCall) []byte {
	e := LiveCalls{At: at, Calls: make([]LiveCall, len(calls))}
	for n, c := range calls {
		e.Calls[n] = LiveCall{c.ID, c.KeyID, c.KeyName, c.Customer, c.Email, c.Tool, c.Status, c.Started, float64(c.Duration.Microseconds()) / 1000}
	}
	data, _ := json.Marshal(e) //nolint:errchkjson // numbers, names and times of this age can be marshaled
	return data
}

// watched reports whether there are viewers. Without any, what was seen last is of no use.
func (l *Live) watched() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.viewers) == 0 {
		l.before = pierre.LiveUsage{}
	}
	return len(l.viewers) > 0
}

// numbers compares with the look before. l.mu is held.
func (l *Live) numbers(now pierre.LiveUsage) LiveNumbers {
	n := LiveNumbers{At: now.At, ActiveKeys: now.ActiveKeys, Today: now.Totals.Calls()}
	if took := now.At.Sub(l.before.At).Seconds(); !l.before.At.IsZero() && now.Since.Equal(l.before.Since) && took > 0 {
		a, b := &now.Totals, &l.before.Totals
		n.Succeeded, n.Failed, n.RateLimited = a.Succeeded-b.Succeeded, a.Failed-b.Failed, a.Refused-b.Refused
		n.CallsPerSecond = float64(a.Calls()-b.Calls()) / took
	}
	return n
}

// tell sends an event to all viewers and ends those that do not keep up. l.mu is held.
func (l *Live) tell(kind string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		return // numbers and names can be marshaled
	}
	l.tellAll(kind, data)
}

func (l *Live) tellAll(kind string, data []byte) {
	l.number++
	e := LiveEvent{l.id(), kind, data}
	if l.events = append(l.events, e); len(l.events) > liveKept {
		l.events = l.events[1:]
	}
	for viewer := range l.viewers {
		select {
		case viewer.Events <- e:
		default:
			l.drop(viewer)
		}
	}
}
