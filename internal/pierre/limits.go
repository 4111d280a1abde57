package pierre

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Bounds of a [Burst].
const (
	MaxBurstRequests = 1_000_000
	MaxBurstPer      = time.Hour
)

// A Burst bounds how fast calls may follow one another: Requests at once, and as many again in each Per, one by one. It
// is for the rate beside a quota, which is a [Limit]. The zero Burst bounds nothing.
type Burst struct {
	Requests int64
	Per      time.Duration // whole seconds
}

// None reports whether b refuses nothing.
func (b Burst) None() bool { return b.Requests == 0 }

// Interval is the time after which one more call is admitted, to the microsecond; rounding never admits more.
func (b Burst) Interval() time.Duration {
	us := b.Per.Microseconds()
	return time.Duration((us+b.Requests-1)/b.Requests) * time.Microsecond
}

// Validate reports what is wrong with b.
func (b Burst) Validate() error {
	switch {
	case b == Burst{}:
		return nil
	case b.Requests < 1 || b.Requests > MaxBurstRequests:
		return Invalid("burst", "burst.requests must be between 1 and %d, not %d.", MaxBurstRequests, b.Requests)
	case b.Per < time.Second || b.Per > MaxBurstPer || b.Per%time.Second != 0:
		return Invalid("burst", "burst.per_seconds must be between 1 and %d.", int64(MaxBurstPer/time.Second))
	}
	return nil
}

// burstJSON is how a Burst is written.
type burstJSON struct {
	Requests   int64 `json:"requests"`
	PerSeconds int64 `json:"per_seconds"`
}

// MarshalJSON writes {"requests":10,"per_seconds":1}.
func (b Burst) MarshalJSON() ([]byte, error) {
	return json.Marshal(burstJSON{b.Requests, int64(b.Per / time.Second)})
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing that is not valid; see [Burst.Validate].
func (b *Burst) UnmarshalJSON(text []byte) error {
	if bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
		return nil
	}
	var w burstJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return Invalid("burst", `burst must be an object such as {"requests": 10, "per_seconds": 1}.`)
	}
	if _, err := d.Token(); err != io.EOF {
		return Invalid("burst", "burst must be one object.")
	}
	if w.PerSeconds < 0 || w.PerSeconds > int64(MaxBurstPer/time.Second) {
		w.PerSeconds = -1 // which Validate refuses, and no overflow makes valid
	}
	read := Burst{w.Requests, time.Duration(w.PerSeconds) * time.Second}
	if err := read.Validate(); err != nil {
		return err
	}
	*b = read
	return nil
}

// Limits are what bounds the calls of a key, all of them at once. The zero Limits bound nothing.
type Limits struct {
	Quota         Limit            // of the key and its successors by rotation
	Burst         Burst            // of the same
	Tools         map[string]Limit // of each of these tools, called with the key or its successors
	Customer      Limit            // of all keys of the customer together, past ones too
	CustomerBurst Burst            // of the same
}

// A Bucket is one thing that calls count against, and how many of them it admits. It has a Limit or a Burst. One that
// has neither admits every call; it is counted all the same, for a limit that may be set while the call runs. Its JSON is what has
// to be known of it to record a call.
type Bucket struct {
	ID     string `json:"id"` // key:<family>, customer:<user> or tool:<family>/<tool>
	Policy string `json:"-"`  // names it in headers and errors, such as key-month, customer-burst or tool-get_stats-day
	Limit  Limit  `json:"limit,omitzero"`
	Burst  Burst  `json:"-"`
}

// Limited reports whether b can refuse a call.
func (b Bucket) Limited() bool { return !b.Limit.Unlimited() || !b.Burst.None() }

// Requests is how many calls b admits in its window.
func (b Bucket) Requests() int64 {
	if b.Burst.None() {
		return b.Limit.Requests
	}
	return b.Burst.Requests
}

// Buckets returns what a call of tool counts against if it is made with a key of the family, which is the customer's; what has
// no limit is among it. Without a family, as on a personal server, there is nothing to count against. Without a tool,
// the buckets of every call are returned.
func (l Limits) Buckets(family KeyID, customer UserID, tool string) []Bucket {
	return l.BucketsNamed(BucketID{Kind: BucketKey, Owner: string(family)}.String(), BucketID{Kind: BucketCustomer, Owner: string(customer)}.String(), tool)
}

// BucketsNamed is Buckets for those who have the ids of the key's bucket and of the customer's, "" if there is none.
func (l Limits) BucketsNamed(key, customer, tool string) []Bucket {
	if key == "" {
		return nil
	}
	list := make([]Bucket, 0, 5)
	list = appendBuckets(list, key, "key", l.Quota, l.Burst)
	if tool != "" {
		id := BucketID{BucketTool, strings.TrimPrefix(key, string(BucketKey)+":"), tool}
		list = appendBuckets(list, id.String(), "tool-"+tool, l.Tools[tool], Burst{})
	}
	if customer != "" {
		list = appendBuckets(list, customer, "customer", l.Customer, l.CustomerBurst)
	}
	return list
}

func appendBuckets(list []Bucket, id, name string, quota Limit, burst Burst) []Bucket {
	if !burst.None() {
		list = append(list, Bucket{ID: id, Policy: name + "-burst", Burst: burst})
	}
	b := Bucket{ID: id, Limit: quota}
	if !quota.Unlimited() {
		b.Policy = name + "-" + string(quota.Period)
	}
	return append(list, b)
}

// A BucketKind says what the calls of a bucket have in common.
type BucketKind string

// The kinds of buckets.
const (
	BucketKey      BucketKind = "key"
	BucketTool     BucketKind = "tool"
	BucketCustomer BucketKind = "customer"
)

// A BucketID is the id of a [Bucket], taken apart.
type BucketID struct {
	Kind  BucketKind
	Owner string // of a key or a tool the family; of a customer the user
	Tool  string // of a tool
}

// String returns the id of the [Bucket]; "" if there is no owner.
func (id BucketID) String() string {
	switch {
	case id.Owner == "":
		return ""
	case id.Tool != "":
		return string(id.Kind) + ":" + id.Owner + "/" + id.Tool
	}
	return string(id.Kind) + ":" + id.Owner
}

// ParseBucketID takes the id of a [Bucket] apart.
func ParseBucketID(text string) (BucketID, error) {
	kind, owner, found := strings.Cut(text, ":")
	id := BucketID{Kind: BucketKind(kind), Owner: owner}
	if found {
		switch id.Kind {
		case BucketKey, BucketCustomer:
			return id, nil
		case BucketTool:
			if id.Owner, id.Tool, found = strings.Cut(owner, "/"); found {
				return id, nil
			}
		}
	}
	return BucketID{}, fmt.Errorf("%.60q is no bucket", text)
}
