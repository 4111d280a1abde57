package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"sort"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A batch is what calls add up to until it is folded into roll-ups and counters, as the column usage_batches.sums keeps it: a
// version; how many sums of usage and how many of quotas there are; where each of them begins; and the sums themselves, those of
// usage in the order of their keys and those of quotas in the order of their buckets. So those of one key, or of one bucket, are
// found among very many without reading the others.
type batch struct {
	usage, quotas entries
	damaged       bool // it has none of them
}

// Entries are the sums of one kind.
type entries struct {
	starts []byte // four bytes for each: where it begins in data
	data   []byte
}

// batchVersion is the first byte of a batch.
const batchVersion = 1

var errBatch = errors.New("what calls add up to is kept in a way that this version does not know")

// encodeBatch returns how usage by the minute, and what counts against quotas, is kept, and how many sums these are.
func encodeBatch(usage rollups, quotas map[quotaDelta]int64) (b []byte, n int, err error) {
	var w batchWriter
	var name []byte // its memory is used for each
	for _, id := range slices.SortedFunc(maps.Keys(usage), rollupID.compare) {
		name = binary.AppendVarint(appendText(name[:0], string(id.key)), id.start/(minuteSpan*secondMicros))
		for _, s := range [...]string{id.tool, id.country, string(id.tier), string(id.customer)} {
			name = appendText(name, s)
		}
		if err := w.usage(name, usage[id]); err != nil {
			return nil, 0, err
		}
	}
	for _, d := range slices.SortedFunc(maps.Keys(quotas), quotaDelta.compare) {
		name = binary.AppendVarint(appendText(name[:0], d.bucket), d.minute/(minuteSpan*secondMicros))
		w.quota(appendText(name, string(d.period)), quotas[d])
	}
	return w.bytes(), len(usage) + len(quotas), nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// compare is the order of the buckets, and of one bucket's sums.
func (d quotaDelta) compare(other quotaDelta) int {
	if c := cmp.Compare(d.bucket, other.bucket); c != 0 { // as rollupID.compare does
		return c
	}
	return cmp.Or(cmp.Compare(d.minute, other.minute), cmp.Compare(d.period, other.period))
}

// decodeBatch finds what is where; the sums are decoded when they are read. The batch keeps b.
func decodeBatch(b []byte) (batch, error) {
	if len(b) == 0 || b[0] != batchVersion {
		return batch{}, errBatch
	}
	r := fields{b: b[1:]}
	usage, quotas := r.number(), r.number()
	const starts = 4
	if left := uint64(len(r.b)) / starts; r.bad || usage > left || quotas > left-usage {
		return batch{}, errBatch
	}
	data := r.b[(usage+quotas)*starts:]
	return batch{usage: entries{r.b[:usage*starts], data}, quotas: entries{r.b[usage*starts : (usage+quotas)*starts], data}}, nil
}

func (e entries) len() int { return len(e.starts) / 4 } //nolint:mnd // bytes of a start

// at returns what begins at the start of an entry, and ends somewhere.
func (e entries) at(i int) fields {
	start := binary.LittleEndian.Uint32(e.starts[4*i:])
	if uint64(start) > uint64(len(e.data)) {
		return fields{bad: true}
	}
	return fields{b: e.data[start:]}
}

// find returns the first entry whose key or bucket is not before name.
func (e entries) find(name string) int {
	from := func(i int) bool {
		r := e.at(i)
		return bytes.Compare(r.bytes(), []byte(name)) >= 0
	}
	if n := e.len(); n == 0 || !from(n-1) { // most batches that are folded have other keys
		return n
	}
	return sort.Search(e.len(), from)
}

// A keptUsage is a sum of usage of which only the counts are decoded.
type keptUsage struct {
	name      []byte // the encoding of what the calls have in common
	key       []byte // of it
	customer  []byte
	start     int64
	counts    pierre.UsageSums
	durations []byte
}

func (e entries) usage(i int) (u keptUsage, err error) {
	whole := e.at(i)
	r := whole
	u.key, u.start = r.bytes(), r.minute()
	for range 4 { // the customer is last
		u.customer = r.bytes()
	}
	u.name = whole.b[:len(whole.b)-len(r.b)]
	c := &u.counts
	for _, n := range [...]*int64{&c.Succeeded, &c.Failed, &c.Refused, &c.RequestBytes, &c.ResponseBytes} {
		*n = r.signed()
	}
	if u.durations = r.bytes(); r.bad {
		return keptUsage{}, errBatch
	}
	return u, nil
}

// id decodes the name.
func (u *keptUsage) id() rollupID {
	r := fields{b: u.name}
	return rollupID{
		pierre.KeyID(r.bytes()), minuteSpan, r.minute(), string(r.bytes()), string(r.bytes()), pierre.Tier(r.bytes()), pierre.UserID(r.bytes()),
	}
}

// decode returns all that is kept, in the memory of into.
func (u *keptUsage) decode(into *pierre.UsageSums) error {
	durations := into.Durations
	*into = u.counts
	into.Durations = durations
	if err := into.Durations.UnmarshalBinary(u.durations); err != nil {
		return errors.Join(errBatch, err)
	}
	return nil
}

// A keptQuota says how many calls count against a bucket.
type keptQuota struct {
	name           []byte // the encoding of what follows
	bucket, period []byte
	minute         int64
	calls          int64
}

func (e entries) quota(i int) (q keptQuota, err error) {
	whole := e.at(i)
	r := whole
	q.bucket, q.minute, q.period = r.bytes(), r.minute(), r.bytes()
	q.name = whole.b[:len(whole.b)-len(r.b)]
	if q.calls = r.signed(); r.bad {
		return keptQuota{}, errBatch
	}
	return q, nil
}

// Fields are read one after the other. When they are not what was to be read, bad is set and what is read is nothing.
type fields struct {
	b   []byte
	bad bool
}

func (r *fields) number() uint64 {
	n, size := binary.Uvarint(r.b)
	return r.read(n, size)
}

func (r *fields) signed() int64 {
	n, size := binary.Varint(r.b)
	return int64(r.read(uint64(n), size))
}

func (r *fields) read(n uint64, size int) uint64 {
	if size <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

// minute reads a minute and returns its start in microseconds.
func (r *fields) minute() int64 {
	const longest = math.MaxInt64 / (minuteSpan * secondMicros)
	n := r.signed()
	if n < -longest || n > longest {
		r.bad = true
		return 0
	}
	return n * minuteSpan * secondMicros
}

func (r *fields) bytes() []byte {
	n := r.number()
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}
