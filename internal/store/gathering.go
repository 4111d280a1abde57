package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A gathering adds batches up. Its keys are the names as they are encoded: most sums are added to one that is there, and what is kept
// in batches again is not decoded.
type gathering struct {
	usage  map[string]*gatheredUsage
	quotas map[string]*keptQuota
}

type gatheredUsage struct {
	keptUsage // of its first sum; what is counted is in sums

	sums pierre.UsageSums
}

func (g *gathering) add(b batch) error {
	if g.usage == nil {
		g.usage, g.quotas = map[string]*gatheredUsage{}, map[string]*keptQuota{}
	}
	var one pierre.UsageSums // its memory is used for each
	for i := range b.usage.len() {
		u, err := b.usage.usage(i)
		if err != nil {
			return err
		}
		sums := &one
		if known := g.usage[string(u.name)]; known != nil {
			if err := u.decode(sums); err != nil {
				return err
			}
			known.sums.Add(sums)
			continue
		}
		added := &gatheredUsage{keptUsage: u}
		if err := u.decode(&added.sums); err != nil {
			return err
		}
		g.usage[string(u.name)] = added
	}
	for i := range b.quotas.len() {
		q, err := b.quotas.quota(i)
		if err != nil {
			return err
		}
		if known := g.quotas[string(q.name)]; known != nil {
			known.calls += q.calls
		} else {
			g.quotas[string(q.name)] = &q
		}
	}
	return nil
}

// all decodes the names.
func (g *gathering) all() (rollups, map[quotaDelta]int64) {
	usage, quotas := make(rollups, len(g.usage)), make(map[quotaDelta]int64, len(g.quotas))
	for _, u := range g.usage {
		usage.sums(u.id()).Add(&u.sums)
	}
	for _, q := range g.quotas {
		quotas[quotaDelta{string(q.bucket), q.minute, pierre.Period(q.period)}] += q.calls
	}
	return usage, quotas
}

// divided returns batches, and how many sums each has, with at most so many sums of usage, and of quotas, in each; those of a key, and of
// a bucket, follow each other.
func (g *gathering) divided(atMost int) (batches [][]byte, entries []int, err error) {
	usage := slices.SortedFunc(maps.Values(g.usage), func(a, b *gatheredUsage) int {
		if c := bytes.Compare(a.key, b.key); c != 0 { // as rollupID.compare does
			return c
		}
		return cmp.Or(cmp.Compare(a.start, b.start), bytes.Compare(a.name, b.name))
	})
	quotas := slices.SortedFunc(maps.Values(g.quotas), func(a, b *keptQuota) int {
		if c := bytes.Compare(a.bucket, b.bucket); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.minute, b.minute), bytes.Compare(a.period, b.period))
	})
	for len(usage)+len(quotas) > 0 {
		someUsage, someQuotas := usage[:min(len(usage), atMost)], quotas[:min(len(quotas), atMost)]
		usage, quotas = usage[len(someUsage):], quotas[len(someQuotas):]
		var w batchWriter
		for _, u := range someUsage {
			if err := w.usage(u.name, &u.sums); err != nil {
				return nil, nil, err
			}
		}
		for _, q := range someQuotas {
			w.quota(q.name, q.calls)
		}
		batches, entries = append(batches, w.bytes()), append(entries, len(someUsage)+len(someQuotas))
	}
	return batches, entries, nil
}

// A batchWriter encodes sums, those of usage first, in the order in which they are kept.
type batchWriter struct{ usageStarts, quotaStarts, data []byte }

func (w *batchWriter) usage(name []byte, sums *pierre.UsageSums) error {
	w.usageStarts = binary.LittleEndian.AppendUint32(w.usageStarts, uint32(len(w.data)))
	w.data = append(w.data, name...)
	for _, n := range [...]int64{sums.Succeeded, sums.Failed, sums.Refused, sums.RequestBytes, sums.ResponseBytes} {
		w.data = binary.AppendVarint(w.data, n)
	}
	durations, err := sums.Durations.AppendBinary(make([]byte, 0, sums.Durations.SizeHint()))
	w.data = append(binary.AppendUvarint(w.data, uint64(len(durations))), durations...)
	return err
}

func (w *batchWriter) quota(name []byte, calls int64) {
	w.quotaStarts = binary.LittleEndian.AppendUint32(w.quotaStarts, uint32(len(w.data)))
	w.data = binary.AppendVarint(append(w.data, name...), calls)
}

func (w *batchWriter) bytes() []byte {
	const start = 4
	b := append(make([]byte, 0, 1+2*binary.MaxVarintLen64+len(w.usageStarts)+len(w.quotaStarts)+len(w.data)), batchVersion)
	b = binary.AppendUvarint(b, uint64(len(w.usageStarts)/start))
	b = binary.AppendUvarint(b, uint64(len(w.quotaStarts)/start))
	return append(append(append(b, w.usageStarts...), w.quotaStarts...), w.data...)
}
