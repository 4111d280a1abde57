package store_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

const workers, rounds = 8, 5

// inParallel runs do in many goroutines, which share the replicas.
func inParallel(replicas []*store.Store, do func(s *store.Store, worker int)) {
	var wg sync.WaitGroup
	for n := range workers {
		wg.Go(func() { do(replicas[n%len(replicas)], n) })
	}
	wg.Wait()
}

var parallelDay = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

func parallelAct() pierre.Act { return pierre.Act{Person: "test", At: parallelDay} }

// provisionFor keeps a key of a new user.
func provisionFor(t *testing.T, s *store.Store, name string) pierre.APIKey {
	t.Helper()
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: name + "@example.com", Name: name, Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte(name))}
	_, _, err := s.ProvisionAPIKey(t.Context(), parallelAct(), k, func(kept pierre.APIKey) ([]byte, error) { k = kept; return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParallelChangesOfAKeyAreAllKept(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		k := provisionFor(t, replicas[0], "ana")
		inParallel(replicas, func(s *store.Store, _ int) {
			for range rounds {
				_, err := s.UpdateAPIKey(t.Context(), parallelAct(), k.ID, func(k *pierre.APIKey) error {
					k.Limit = pierre.Limit{Requests: k.Limit.Requests + 1, Period: pierre.PeriodDay}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		got, err := replicas[0].APIKey(t.Context(), k.ID)
		if err != nil || got.Limit.Requests != workers*rounds {
			t.Errorf("%d changes are kept, %v; want %d", got.Limit.Requests, err, workers*rounds)
		}
	})
}

func TestParallelRotationsHaveOneWinner(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		k := provisionFor(t, replicas[0], "ana")
		var won atomic.Int64
		inParallel(replicas, func(s *store.Store, n int) {
			_, _, err := s.RotateAPIKey(t.Context(), parallelAct(), k.ID, func(old *pierre.APIKey) (pierre.APIKey, error) {
				next := *old
				next.ID, next.Hash = pierre.NewKeyID(), sha256.Sum256([]byte{byte(n)})
				return next, old.Replace(next.ID, time.Hour, parallelDay)
			}, func(pierre.APIKey) ([]byte, error) { return nil, nil })
			switch pierre.KindOf(err) {
			case pierre.KindConflict:
			default:
				if err != nil {
					t.Error(err)
				}
				won.Add(1)
			}
		})
		if page, err := replicas[0].APIKeys(t.Context(), pierre.KeyQuery{Limit: 100}); err != nil || won.Load() != 1 || len(page.Keys) != 2 {
			t.Errorf("%d rotations won, and there are %d keys, %v; want 1 and 2", won.Load(), len(page.Keys), err)
		}
	})
}

func TestAParallelRepetitionMakesOneKey(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		token := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "test", Permissions: pierre.Permissions(), Created: parallelDay}
		if err := replicas[0].CreateAdminToken(t.Context(), parallelAct(), token); err != nil {
			t.Fatal(err)
		}
		act := parallelAct()
		act.Token = token.ID
		act.Once = &pierre.Once{Route: "POST /", Key: "once", Request: sha256.Sum256(nil)}
		var first sync.Map // answers
		inParallel(replicas, func(s *store.Store, n int) {
			k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte{byte(n)})}
			answer, _, err := s.ProvisionAPIKey(t.Context(), act, k, func(kept pierre.APIKey) ([]byte, error) { return []byte(kept.ID), nil })
			if err != nil {
				t.Error(err)
			}
			first.Store(string(answer), true)
		})
		answers := 0
		first.Range(func(any, any) bool { answers++; return true })
		if page, err := replicas[0].APIKeys(t.Context(), pierre.KeyQuery{Limit: 100}); err != nil || answers != 1 || len(page.Keys) != 1 {
			t.Errorf("%d answers and %d keys, %v; want 1", answers, len(page.Keys), err)
		}
	})
}

func TestParallelChangesOfAProfileAreAllKept(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		user, err := replicas[0].EnsureUser(t.Context(), "ana@example.com", parallelDay)
		if err != nil {
			t.Fatal(err)
		}
		inParallel(replicas, func(s *store.Store, _ int) {
			for range rounds {
				_, err := s.UpdateProfile(t.Context(), user.ID, parallelDay, func(p *pierre.ProfileRecord) error {
					if p.FTPWatts == nil {
						p.FTPWatts = new(float64)
					}
					*p.FTPWatts++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		if p, err := replicas[0].Profile(t.Context(), user.ID); err != nil || *p.FTPWatts != workers*rounds {
			t.Errorf("%v changes are kept, %v; want %d", *p.FTPWatts, err, workers*rounds)
		}
	})
}

func TestParallelUsersAreOne(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		var ids sync.Map
		inParallel(replicas, func(s *store.Store, _ int) {
			u, err := s.EnsureUser(t.Context(), "ana@example.com", parallelDay)
			if err != nil {
				t.Error(err)
			}
			ids.Store(u.ID, true)
		})
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d users of one address", n)
		}
	})
}

func TestParallelCallsAreCountedExactly(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		inParallel(replicas, func(s *store.Store, n int) {
			for i := range rounds {
				started := parallelDay.Add(time.Duration(n*rounds+i) * 7 * time.Second) // over some minutes
				record(t, s, storedCall("key_a", testPeriods[n%len(testPeriods)], started))
			}
		})
		for _, p := range testPeriods {
			if got, want := used(t, replicas[1], "key_a", p, parallelDay), counted(t, replicas[0], "key_a", p, parallelDay); got != want {
				t.Errorf("the counter of the %s says %d, the calls %d", p, got, want)
			}
		}
	})
}

// Servers whose batches hold calls of the same keys do not wait for each other, whatever folds usage meanwhile; a batch that is
// recorded again counts once.
func TestParallelBatchesOfTheSameKeysAreCountedExactly(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		const keys = 16
		inParallel(replicas, func(s *store.Store, n int) {
			for i := range rounds {
				var batch []pierre.Call
				for k := range keys {
					batch = append(batch, storedCall(pierre.KeyID(fmt.Sprint("key_", (k+n)%keys)), pierre.PeriodHour, parallelDay.Add(time.Duration(i)*time.Minute)))
				}
				record(t, s, batch...)
				record(t, s, append(batch, storedCall("key_0", pierre.PeriodHour, parallelDay))...)
				if n == i%workers {
					if err := s.FoldUsage(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
		for k := range keys {
			want := int64(workers * rounds)
			if k == 0 {
				want *= 2
			}
			if got := used(t, replicas[1], pierre.KeyID(fmt.Sprint("key_", k)), pierre.PeriodHour, parallelDay); got != want {
				t.Errorf("key %d: %d used, want %d", k, got, want)
			}
		}
		r, err := replicas[0].Reconcile(t.Context(), parallelDay.Truncate(24*time.Hour), parallelDay.Add(24*time.Hour), parallelDay, false)
		if err != nil || len(r.Differences) > 0 {
			t.Errorf("the books do not balance: %+v, %v", r, err)
		}
	})
}

func TestParallelImportsOfOneActivityMakeOne(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		user, err := replicas[0].EnsureUser(t.Context(), "ana@example.com", parallelDay)
		if err != nil {
			t.Fatal(err)
		}
		length, distance := 600., 2000.
		totals := pierre.Totals{DurationSeconds: &length, ElapsedSeconds: &length, DistanceMeters: &distance}
		var outcomes [workers]pierre.ImportOutcome
		inParallel(replicas, func(s *store.Store, n int) {
			source := n / 2 // each source is imported twice
			added, err := s.ImportRecording(t.Context(), user.ID,
				pierre.Source{Provider: "file", Format: "fit", File: fmt.Sprint(source), SHA256: [32]byte{byte(source)}, Imported: parallelDay},
				pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: parallelDay, Totals: totals}})
			if err != nil {
				t.Error(err)
			}
			outcomes[n] = added.Outcome
		})
		count := map[pierre.ImportOutcome]int{}
		for _, o := range outcomes {
			count[o]++
		}
		if count[pierre.OutcomeAdded] != 1 || count[pierre.OutcomeMerged] != workers/2-1 || count[pierre.OutcomeUnchanged] != workers/2 {
			t.Errorf("the outcomes are %v, want one added, each other source merged once", outcomes)
		}
		if page, err := replicas[1].Activities(t.Context(), user.ID, pierre.ActivityQuery{}); err != nil || page.Total != 1 {
			t.Errorf("there are %d activities, %v; want 1", page.Total, err)
		}
	})
}

// A page and the total beside it are of one moment, however much is imported meanwhile.
func TestAPageAgreesWithItsTotal(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		user, err := replicas[0].EnsureUser(t.Context(), "ana@example.com", parallelDay)
		if err != nil {
			t.Fatal(err)
		}
		inParallel(replicas, func(s *store.Store, n int) {
			for i := range rounds * 30 {
				if n%2 == 0 {
					page, err := s.Activities(t.Context(), user.ID, pierre.ActivityQuery{})
					if err != nil || page.Total != len(page.Activities) {
						t.Errorf("%d activities of %d, %v", len(page.Activities), page.Total, err)
					}
					continue
				}
				_, err := s.ImportRecording(t.Context(), user.ID,
					pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(n), byte(i)}, Imported: parallelDay},
					pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: parallelDay.Add(time.Duration(n*1000+i) * time.Hour)}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	})
}

func TestALeaseHasOneOwner(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		acquire := func(s *store.Store, owner string, lasts time.Duration) bool {
			mine, err := s.Acquire(t.Context(), "tidy", owner, lasts)
			if err != nil {
				t.Error(err)
			}
			return mine
		}
		var owners sync.Map
		inParallel(replicas, func(s *store.Store, n int) {
			if acquire(s, fmt.Sprint(n), time.Minute) {
				owners.Store(fmt.Sprint(n), true)
			}
		})
		var owner string
		owners.Range(func(name, _ any) bool {
			if owner != "" {
				t.Errorf("both %s and %v have the lease", owner, name)
			}
			owner = fmt.Sprint(name)
			return true
		})
		if !acquire(replicas[1], owner, time.Minute) {
			t.Error("its owner cannot renew the lease")
		}
		if acquire(replicas[0], "another", time.Minute) || !acquire(replicas[1], owner, 0) {
			t.Error("another took the lease before its end")
		}
		if !acquire(replicas[0], "another", time.Minute) {
			t.Error("nobody can take a lease that is over")
		}
	})
}
