package limit_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redistest"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// How long Redis itself takes for a call of one of many customers, by its own account.
func BenchmarkRedis(b *testing.B) {
	limits := pierre.Limits{Quota: month(1e9), Customer: month(1e9)}
	for _, customers := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			redis := client(b, redistest.Start(b))
			s := storetest.New(b)
			l, err := limit.NewShared(b.Context(), "one", none{}, s, limit.SharedOptions{Redis: redis})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close(context.WithoutCancel(b.Context()))
			reserve := func(n int) {
				r, err := l.Reserve(b.Context(), limits.Buckets(pierre.KeyID(fmt.Sprint("key_", n)), pierre.UserID(fmt.Sprint("user_", n)), ""), time.Now())
				if err == nil {
					err = r.Keep(b.Context())
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			for n := range customers {
				reserve(n)
			}
			if err := redis.ConfigResetStat(b.Context()).Err(); err != nil {
				b.Fatal(err)
			}
			for n := 0; b.Loop(); n += 7919 {
				reserve(n % customers)
			}
			info, err := redis.Info(b.Context(), "commandstats").Result()
			if err != nil {
				b.Fatal(err)
			}
			_, after, _ := strings.Cut(info, "cmdstat_evalsha:")
			_, after, _ = strings.Cut(after, "usec_per_call=")
			each, _, _ := strings.Cut(after, ",")
			us, err := strconv.ParseFloat(each, 64)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(us, "redis-µs/op")
		})
	}
}
