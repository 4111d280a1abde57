//go:build !race

package training

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What is kept loses nothing: every number comes back bit by bit.
func TestDigestsComeBack(t *testing.T) {
	for i, rec := range specimens() {
		rec.Activity = filled(t)
		rec.Sport = specimens()[i].Sport
		want := digestedActivity{rec.Activity, newDigest(rec)}
		data, detail := want.encode()
		a, rest, err := decodeActivity(data)
		if err != nil {
			t.Fatal(err)
		}
		got := digestedActivity{Activity: a}
		if got.digest, err = decodeDigest(rest); err != nil {
			t.Fatal(err)
		}
		if got.digest.detail, err = decodeDetail(detail); err != nil {
			t.Fatal(err)
		}
		want.Description, want.Device, want.Warnings, want.UserID = "", "", nil, ""
		want.Note, want.Feel, want.Gear = "", "", ""
		want.Hidden, want.Twin = false, "" // those have no digests
		if !reflect.DeepEqual(got, want) {
			t.Errorf("specimen %d came back as\n%+v\nwant\n%+v", i, got, want)
		}
		t.Logf("specimen %d of %d samples takes %d and %d bytes", i, len(rec.Series.Time), len(data), len(detail))
	}
}

// filled returns an activity in which every field has a value of its own, so that none can be forgotten.
func filled(t *testing.T) (a pierre.Activity) {
	t.Helper()
	n := 0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		n++
		switch v.Kind() {
		case reflect.String:
			v.SetString(fmt.Sprint("text ", n))
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(-n))
		case reflect.Float64:
			v.SetFloat(math.Pi * float64(n))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem())
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				v.Set(reflect.ValueOf(time.Date(1969, 7, 20, 20, 17, 40, 1000*n, time.UTC)))
				return
			}
			for _, field := range v.Fields() {
				fill(field)
			}
		default:
			t.Fatalf("a field is of the unknown kind %s", v.Kind())
		}
	}
	fill(reflect.ValueOf(&a).Elem())
	return a
}

func TestNumbersComeBack(t *testing.T) {
	for _, want := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.01, -0.07, 1.005, math.Pi, 1e300, -1e-300, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), 1 << 43, 1 << 53,
	} {
		w := &coder{}
		v := want
		w.float(&v)
		r := &coder{reads: true, b: w.b}
		var got float64
		if r.float(&got); r.err() != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%v came back as %v: %v", want, got, r.err())
		}
	}
	for _, want := range []int64{0, -1, 1, math.MaxInt64, math.MinInt64} {
		w := &coder{}
		v, got := want, int64(0)
		w.int(&v)
		r := &coder{reads: true, b: w.b}
		if r.int(&got); r.err() != nil || got != want {
			t.Errorf("%d came back as %d: %v", want, got, r.err())
		}
	}
}

// A damaged digest is an error, whatever of it is missing.
func TestDamagedDigests(t *testing.T) {
	rec := specimens()[0]
	data, detail := digestedActivity{rec.Activity, newDigest(rec)}.encode()
	_, rest, err := decodeActivity(data)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) - len(rest) {
		if _, _, err := decodeActivity(data[:n]); !errors.Is(err, errBadDigest) {
			t.Fatalf("an activity cut after %d bytes is read: %v", n, err)
		}
	}
	for n := range rest {
		if _, err := decodeDigest(rest[:n]); !errors.Is(err, errBadDigest) {
			t.Fatalf("a digest cut after %d bytes is read: %v", n, err)
		}
	}
	for n := range detail {
		if _, err := decodeDetail(detail[:n]); !errors.Is(err, errBadDigest) {
			t.Fatalf("details cut after %d bytes are read: %v", n, err)
		}
	}
	if _, err := decodeDigest(append(slices.Clip(rest), 0)); !errors.Is(err, errBadDigest) {
		t.Errorf("a digest with more behind it is read: %v", err)
	}
}

// Whatever the database holds, reading it ends.
func FuzzDecodeDigest(f *testing.F) {
	for _, rec := range specimens() {
		data, detail := digestedActivity{rec.Activity, newDigest(rec)}.encode()
		f.Add(data)
		f.Add(detail)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := decodeDetail(data); err != nil && !errors.Is(err, errBadDigest) {
			t.Error(err)
		}
		a, rest, err := decodeActivity(data)
		if err != nil {
			return
		}
		d, err := decodeDigest(rest)
		if err != nil {
			return
		}
		again, _ := digestedActivity{a, d}.encode()
		b, rest, err := decodeActivity(again)
		if err != nil || !a.Start.Equal(b.Start) {
			t.Fatalf("what was read is written otherwise: %v", err)
		}
		if _, err := decodeDigest(rest); err != nil {
			t.Error(err)
		}
	})
}
