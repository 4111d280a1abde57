package store

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sampleBatch has many sums of few keys and buckets.
func sampleBatch(rnd *rand.Rand) (rollups, map[quotaDelta]int64) {
	usage, quotas := rollups{}, map[quotaDelta]int64{}
	names := []string{"", "a", "key_1", "key_2", "key_22", "zoë", string([]byte{0, 255})}
	pick := func() string { return names[rnd.IntN(len(names))] }
	minutes := []int64{math.MinInt64 + 1<<40, -1, 0, 1, time.Now().UnixMicro(), math.MaxInt64}
	for range rnd.IntN(60) {
		minute := floor(minutes[rnd.IntN(len(minutes))], minuteSpan)
		sums := usage.sums(rollupID{pierre.KeyID(pick()), minuteSpan, minute, pick(), pick(), pierre.Tier(pick()), pierre.UserID(pick())})
		sums.AddCall(&pierre.Call{Status: pierre.CallSucceeded, Duration: time.Duration(rnd.Int64N(1e10)), RequestBytes: rnd.Int64(), ResponseBytes: 1})
		sums.Refused += rnd.Int64N(3)
		quotas[quotaDelta{pick(), minute, pierre.Period(pick())}] += rnd.Int64N(1e9)
	}
	return usage, quotas
}

func encoded(t testing.TB, usage rollups, quotas map[quotaDelta]int64) []byte {
	t.Helper()
	b, n, err := encodeBatch(usage, quotas)
	if err != nil || n != len(usage)+len(quotas) {
		t.Fatalf("%d sums, %v; want %d", n, err, len(usage)+len(quotas))
	}
	return b
}

func gathered(b []byte) (rollups, map[quotaDelta]int64, error) {
	read, err := decodeBatch(b)
	if err != nil {
		return nil, nil, err
	}
	var g gathering
	if err := g.add(read); err != nil {
		return nil, nil, err
	}
	usage, quotas := g.all()
	return usage, quotas, nil
}

// values makes sums comparable: the memory of durations says nothing.
func values(t testing.TB, usage rollups) map[rollupID][6]any {
	t.Helper()
	v := map[rollupID][6]any{}
	for id, s := range usage {
		durations, err := s.Durations.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		v[id] = [6]any{s.Succeeded, s.Failed, s.Refused, s.RequestBytes, s.ResponseBytes, string(durations)}
	}
	return v
}

// What is kept is what was to be kept, and each key and bucket is found in it.
func TestBatchesKeepWhatTheyAreGiven(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		usage, quotas := sampleBatch(rnd)
		b := encoded(t, usage, quotas)
		gotUsage, gotQuotas, err := gathered(b)
		if err != nil || !maps.Equal(gotQuotas, quotas) || !reflect.DeepEqual(values(t, gotUsage), values(t, usage)) {
			t.Fatalf("%+v, %+v, %v; want %+v, %+v", gotUsage, gotQuotas, err, usage, quotas)
		}
		read, err := decodeBatch(b)
		if err != nil {
			t.Fatal(err)
		}
		ids := slices.SortedFunc(maps.Keys(usage), rollupID.compare)
		for i, id := range ids {
			if kept, err := read.usage.usage(i); err != nil || kept.id() != id {
				t.Fatalf("%d is %+v, %v; want %+v", i, kept.id(), err, id)
			}
			if first := slices.IndexFunc(ids, func(other rollupID) bool { return other.key == id.key }); read.usage.find(string(id.key)) != first {
				t.Fatalf("%q is found at %d, want %d", id.key, read.usage.find(string(id.key)), first)
			}
		}
		if read.usage.find("zzzzz") > read.usage.len() || read.quotas.find("\xff\xff") != read.quotas.len() {
			t.Fatal("a name behind all others is found before the end")
		}
	}
}

// FuzzBatch reads anything, and keeps again what it could read.
func FuzzBatch(f *testing.F) {
	for seed := range uint64(8) {
		usage, quotas := sampleBatch(rand.New(rand.NewPCG(seed, 0)))
		f.Add(encoded(f, usage, quotas))
	}
	f.Add([]byte{})
	f.Add([]byte{batchVersion, 1, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		usage, quotas, err := gathered(b)
		if read, err := decodeBatch(b); err == nil {
			read.usage.find("key_1")
			read.quotas.find("key_1")
		}
		if err != nil {
			return
		}
		again, andAgain, err := gathered(encoded(t, usage, quotas))
		if err != nil || !maps.Equal(andAgain, quotas) || !reflect.DeepEqual(values(t, again), values(t, usage)) {
			t.Fatalf("%v: %+v, %+v; want %+v, %+v", err, again, andAgain, usage, quotas)
		}
	})
}

// A row without a checksum, as the version before wrote them, is damaged or read to its end, whatever byte of it is changed.
func TestRowsWithoutAChecksumAreReadWholeOrNotAtAll(t *testing.T) {
	usage, quotas := rollups{}, map[quotaDelta]int64{{"key_a", 0, pierre.PeriodDay}: 3, {"key_b", 0, ""}: 1}
	for _, key := range []pierre.KeyID{"key_a", "key_b"} {
		usage.sums(rollupID{key, minuteSpan, 0, "get_stats", "CH", pierre.TierTrial, "user_a"}).AddCall(&pierre.Call{Status: pierre.CallSucceeded, Duration: time.Second})
	}
	b := encoded(t, usage, quotas)
	damaged := 0
	for i := range b {
		changed := slices.Clone(b)
		changed[i] ^= 1 << (i % 8)
		read, err := (&keptBatch{sums: changed}).read()
		if err != nil {
			damaged++
			if !errors.Is(err, errDamaged) {
				t.Fatalf("byte %d: %v", i, err)
			}
		} else if err := (&gathering{}).add(read); err != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	if damaged < len(b)/10 {
		t.Errorf("%d changes of %d bytes are noticed", damaged, len(b))
	}
}
