// Package access makes, reads and verifies credentials: API keys and admin tokens. Limits are package limit's, records of
// calls package usage's. Keys and tokens are kept behind interfaces that are declared here.
package access

import (
	"context"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Principal is the caller of a request whose credential was verified.
type Principal struct {
	UserID   pierre.UserID // whose data it is about; "" for an application's key until the athlete is known, see [Athletes.ActFor]
	Customer pierre.UserID // whose key it is: limits and usage count for the customer
	KeyID    pierre.KeyID  // "" in single-tenant mode, which has no keys
	Type     pierre.KeyType
	Tier     pierre.Tier  // of the key
	Quota    pierre.KeyID // the family of the key: what its own limits count against
	Limits   pierre.Limits
	Expires  time.Time // when the key is no longer accepted, the end of its grace included; zero: never
	Tools    []string  // globs of the tools that the caller may use, nil means all; see [pierre.MayUse]
	Profile  string    // of tools/list; "": all tools

	// ReadOnly says that the caller may call only tools that change nothing: an app that was given no more than [pierre.ScopeRead].
	ReadOnly bool

	buckets buckets // of Quota and Customer, or none
}

// Buckets returns what a call of the tool counts against. Without a tool, it is what every call counts against.
func (p Principal) Buckets(tool string) []pierre.Bucket {
	b := p.buckets
	if b == (buckets{}) {
		b = bucketsOf(p.Quota, p.Customer)
	}
	return p.Limits.BucketsNamed(b.quota, b.customer, tool)
}

// Buckets are the ids of what each call with a key counts against. They are made once for a key that is known, and shared with whoever
// counts: it keeps them for as long.
type buckets struct{ quota, customer string }

func bucketsOf(family pierre.KeyID, customer pierre.UserID) buckets {
	quota := pierre.BucketID{Kind: pierre.BucketKey, Owner: string(family)}.String()
	both := quota + pierre.BucketID{Kind: pierre.BucketCustomer, Owner: string(customer)}.String() // one piece of memory is less than two
	return buckets{both[:len(quota)], both[len(quota):]}
}

func (b buckets) family() pierre.KeyID {
	return pierre.KeyID(strings.TrimPrefix(b.quota, string(pierre.BucketKey)+":"))
}

func (b buckets) owner() pierre.UserID {
	return pierre.UserID(strings.TrimPrefix(b.customer, string(pierre.BucketCustomer)+":"))
}

type principalKey struct{}

// WithPrincipal returns a context that carries p.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the principal that ctx carries, if it carries one.
func PrincipalFrom(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
