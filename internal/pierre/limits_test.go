package pierre_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestBurstJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want pierre.Burst
		ok   bool
	}{
		{`{"requests":10,"per_seconds":1}`, pierre.Burst{Requests: 10, Per: time.Second}, true},
		{`{"requests":1000000,"per_seconds":3600}`, pierre.Burst{Requests: 1_000_000, Per: time.Hour}, true},
		{`null`, pierre.Burst{}, true},
		{`{"requests":1000001,"per_seconds":1}`, pierre.Burst{}, false},
		{`{"requests":1,"per_seconds":3601}`, pierre.Burst{}, false},
		{`{"requests":1,"per_seconds":9223372037}`, pierre.Burst{}, false},
		{`{"requests":1,"per_seconds":0}`, pierre.Burst{}, false},
		{`{"requests":-1,"per_seconds":1}`, pierre.Burst{}, false},
		{`{"requests":1,"per_seconds":1,"more":1}`, pierre.Burst{}, false},
		{`{"requests":1.5,"per_seconds":1}`, pierre.Burst{}, false},
		{`[1,1]`, pierre.Burst{}, false},
	} {
		var got pierre.Burst
		if err := json.Unmarshal([]byte(c.text), &got); (err == nil) != c.ok || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v, ok %v", c.text, got, err, c.want, c.ok)
		}
	}
	text, err := json.Marshal(pierre.Burst{Requests: 10, Per: 2 * time.Second})
	if err != nil || string(text) != `{"requests":10,"per_seconds":2}` {
		t.Errorf("%s, %v", text, err)
	}
}

func FuzzBurstJSON(f *testing.F) {
	f.Add(`{"requests":10,"per_seconds":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var b pierre.Burst
		if json.Unmarshal([]byte(text), &b) != nil {
			return
		}
		if err := b.Validate(); err != nil {
			t.Fatalf("%q was read as %+v: %v", text, b, err)
		}
		if !b.None() && b.Interval() <= 0 {
			t.Fatalf("%q has the interval %v", text, b.Interval())
		}
	})
}

func TestBuckets(t *testing.T) {
	day, month := pierre.Limit{Requests: 5, Period: pierre.PeriodDay}, pierre.Limit{Requests: 9, Period: pierre.PeriodMonth}
	second := pierre.Burst{Requests: 2, Per: time.Second}
	l := pierre.Limits{Quota: month, Burst: second, Tools: map[string]pierre.Limit{"get_stats": day}, Customer: month, CustomerBurst: second}
	for _, c := range []struct {
		name   string
		limits pierre.Limits
		tool   string
		want   []pierre.Bucket
	}{
		{"all", l, "get_stats", []pierre.Bucket{
			{ID: "key:key_a", Policy: "key-burst", Burst: second},
			{ID: "key:key_a", Policy: "key-month", Limit: month},
			{ID: "tool:key_a/get_stats", Policy: "tool-get_stats-day", Limit: day},
			{ID: "customer:user_a", Policy: "customer-burst", Burst: second},
			{ID: "customer:user_a", Policy: "customer-month", Limit: month},
		}},
		{"none", pierre.Limits{}, "x", []pierre.Bucket{{ID: "key:key_a"}, {ID: "tool:key_a/x"}, {ID: "customer:user_a"}}},
		{"of no tool", pierre.Limits{}, "", []pierre.Bucket{{ID: "key:key_a"}, {ID: "customer:user_a"}}},
	} {
		if got := c.limits.Buckets("key_a", "user_a", c.tool); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, c.want)
		}
	}
	if got := l.Buckets("", "user_a", "x"); got != nil {
		t.Errorf("without a key: %+v", got)
	}
}

func TestParseBucketID(t *testing.T) {
	for _, c := range []struct {
		id          string
		kind        pierre.BucketKind
		owner, tool string
		ok          bool
	}{
		{"key:key_a", pierre.BucketKey, "key_a", "", true},
		{"customer:user_a", pierre.BucketCustomer, "user_a", "", true},
		{"tool:key_a/a/b", pierre.BucketTool, "key_a", "a/b", true},
		{"tool:key_a", "", "", "", false},
		{"key_a", "", "", "", false},
		{"", "", "", "", false},
	} {
		id, err := pierre.ParseBucketID(c.id)
		if want := (pierre.BucketID{Kind: c.kind, Owner: c.owner, Tool: c.tool}); id != want || (err == nil) != c.ok {
			t.Errorf("%q: %+v, %v", c.id, id, err)
		}
	}
}
