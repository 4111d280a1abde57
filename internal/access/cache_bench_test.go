package access_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// manyKeys knows every key: what is measured is the verifier, not a database.
type manyKeys struct{}

func (manyKeys) APIKeyByHash(_ context.Context, hash [32]byte) (pierre.APIKey, error) {
	id := fmt.Sprintf("key_%x", hash[:16])
	return pierre.APIKey{
		ID: pierre.KeyID(id), UserID: pierre.UserID("user_" + id[4:]), Tier: "starter", Type: pierre.KeyPersonal, Family: pierre.KeyID(id),
		Plan: pierre.Plan{Tier: "starter", Rules: pierre.Rules{Limit: pierre.Limit{Requests: 10_000, Period: pierre.PeriodMonth}}},
	}, nil
}

func (manyKeys) TouchAPIKeys(context.Context, map[pierre.KeyID]time.Time) error { return nil }

// BenchmarkVerifyAmongMany measures a key that is remembered among so many. The time is to be flat; heap-bytes/key is what one takes.
func BenchmarkVerifyAmongMany(b *testing.B) {
	for _, keys := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			texts := make([]string, keys)
			for n := range texts {
				texts[n] = access.GenerateKey(pierre.ModeLive).Reveal()
			}
			now := time.Now()
			before := heap()
			v := access.NewVerifier(manyKeys{}, func() time.Time { return now })
			for _, text := range texts {
				if _, err := v.Verify(b.Context(), text); err != nil {
					b.Fatal(err)
				}
			}
			perKey := float64(heap()-before) / float64(keys)
			var n uint64
			for b.Loop() {
				n = binary.BigEndian.Uint64([]byte(texts[n%uint64(keys)][9:17])) // somewhere else each time
				if _, err := v.Verify(b.Context(), texts[n%uint64(keys)]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(perKey, "heap-bytes/key")
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
