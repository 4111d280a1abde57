package bus_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/bus"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redisconn"
	"github.com/pierre-mcp/pierre/internal/redistest"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// follow runs a bus on a real store until the test ends, and returns what it hears.
func follow(t *testing.T, s *store.Store, carriers ...bus.Carrier) (*bus.Bus, *listener) {
	l := &listener{}
	ctx, stop := context.WithCancel(t.Context())
	b := bus.New(s, l, bus.Options{Carriers: carriers})
	s.OnChange(b.Announce)
	var wg sync.WaitGroup
	wg.Go(func() { b.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return b, l
}

// revoke makes a key with that first letter in its hash, and revokes it.
func revoke(t *testing.T, s *store.Store, letter byte) pierre.KeyID {
	t.Helper()
	act := pierre.Act{Person: "test", At: time.Now()}
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierStarter, Hash: [32]byte{letter}}
	if _, _, err := s.ProvisionAPIKey(t.Context(), act, k, func(pierre.APIKey) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RevokeAPIKey(t.Context(), act, k.ID); err != nil {
		t.Fatal(err)
	}
	return k.ID
}

func hears(t *testing.T, l *listener, id pierre.KeyID) {
	t.Helper()
	var heard strings.Builder
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		heard.WriteString(l.told())
		if strings.Contains(heard.String(), string(id)) {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatalf("the change of %s was not heard of, but %s", id, heard.String())
}

// A revocation by one server is heard of by the other, with the database's carrier and without any.
func TestServersHearOfEachOthersChanges(t *testing.T) {
	for name, carries := range map[string]bool{"carried": true, "read": false} {
		t.Run(name, func(t *testing.T) {
			storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
				carriers := func(s *store.Store) []bus.Carrier {
					n, ok := s.Notifier()
					if !ok || !carries {
						return nil
					}
					return []bus.Carrier{n}
				}
				_, here := follow(t, replicas[0], carriers(replicas[0])...)
				_, there := follow(t, replicas[1], carriers(replicas[1])...)
				var slowest time.Duration
				for i := range byte(10) {
					id := revoke(t, replicas[0], i)
					began := time.Now()
					hears(t, here, id)
					hears(t, there, id)
					slowest = max(slowest, time.Since(began))
				}
				t.Logf("of ten changes the slowest was heard of %v after it was made", slowest.Round(time.Microsecond))
			})
		})
	}
}

// A Redis that is killed and started again carries news again, and nothing that happened meanwhile is lost.
func TestRedisCarriesChanges(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		server := redistest.Start(t)
		carryChanges(t, replicas, server, server.Kill, server.Restart)
	})
}

// So does a cluster of which two of three parts are killed and started again.
func TestRedisClusterCarriesChanges(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	both := func(do func(s *redistest.Server, t testing.TB)) func(testing.TB) {
		return func(t testing.TB) {
			for _, m := range cluster.Masters[1:] {
				do(m, t)
			}
		}
	}
	carryChanges(t, storetest.Replicas(t), cluster, both((*redistest.Server).Kill), both((*redistest.Server).Restart))
}

// So does the copy that sentinels put in the place of the master.
func TestRedisSentinelsCarryChanges(t *testing.T) {
	t.Parallel()
	sentinels := redistest.StartSentinels(t)
	replicas := storetest.Replicas(t)
	carryChanges(t, replicas, sentinels, func(t testing.TB) {
		sentinels.Master.Kill(t)
		sentinels.Await(t, sentinels.Copy) // before the carrier counts as silent
	}, nil)
	client, err := redisconn.Open(sentinels.Copy.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(time.Millisecond) {
		n, err := client.PubSubNumSub(t.Context(), "pierre:changes").Result()
		if err == nil && n["pierre:changes"] == 2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the servers do not listen to the new master: %v, %v", n, err)
		}
	}
}

// carryChanges lets two servers tell each other of changes through Redis, before it breaks, meanwhile and, unless mends is
// nil, afterwards.
func carryChanges(t *testing.T, replicas []*store.Store, address interface{ URL() string }, breaks, mends func(testing.TB)) {
	t.Helper()
	carrier := func() bus.Carrier {
		client, err := redisconn.Open(address.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		return bus.NewRedis(client)
	}
	b, _ := follow(t, replicas[0], carrier())
	_, there := follow(t, replicas[1], carrier())
	hears(t, there, revoke(t, replicas[0], 1))
	breaks(t)
	hears(t, there, revoke(t, replicas[0], 2))
	if mends == nil {
		return
	}
	silent := func(want int) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); len(b.State().Silent) != want; <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("state = %+v, want %d silent carriers", b.State(), want)
			}
		}
	}
	silent(1)
	hears(t, there, revoke(t, replicas[0], 3))
	mends(t)
	silent(0)
	hears(t, there, revoke(t, replicas[0], 4))
}
