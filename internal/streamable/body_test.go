package streamable

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadAllAtItsLimit(t *testing.T) {
	const limit = 10_000
	for _, size := range []int{0, 1, firstBuffer - 1, firstBuffer, firstBuffer + 1, limit - 1, limit, limit + 1, 3 * limit} {
		for _, announced := range []int64{int64(size), -1} {
			var taken int64
			sent := bytes.Repeat([]byte("a"), size)
			body, err := readAll(iotest.HalfReader(bytes.NewReader(sent)), announced, limit, func(n int64) bool { taken += n; return true })
			if size > limit {
				if !errors.Is(err, errTooLarge) || taken > limit+1 {
					t.Errorf("%d bytes, announced %d: %v after %d", size, announced, err, taken)
				}
				continue
			}
			if err != nil || !bytes.Equal(body, sent) || taken > limit+1 || taken != int64(cap(body)) {
				t.Errorf("%d bytes, announced %d: read %d, %v; took %d", size, announced, len(body), err, taken)
			}
		}
	}
}

func TestReadAllPassesErrorsOn(t *testing.T) {
	if _, err := readAll(io.MultiReader(strings.NewReader("a"), iotest.ErrReader(io.ErrUnexpectedEOF)), 5, 10, func(int64) bool { return true }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("readAll = %v", err)
	}
	if _, err := readAll(strings.NewReader("a"), -1, 10, func(int64) bool { return false }); !errors.Is(err, errNoBudget) {
		t.Errorf("readAll = %v", err)
	}
}

// The messages of everybody and of each owner are bounded, and what is given back can be taken again.
func TestBudget(t *testing.T) {
	b := newBudget(100, 60)
	for i, step := range []struct {
		owner string
		bytes int64
		want  bool
	}{{"a", 60, true}, {"a", 1, false}, {"b", 41, false}, {"b", 40, true}, {"c", 1, false}, {"a", -60, true}, {"c", 60, true}, {"c", 1, false}} {
		if step.bytes < 0 {
			b.give(step.owner, -step.bytes)
		} else if got := b.take(step.owner, step.bytes); got != step.want {
			t.Errorf("step %d: take = %v", i, got)
		}
	}
	if b.total != 100 || len(b.of) != 2 {
		t.Errorf("total %d, owners %v", b.total, b.of)
	}
}
