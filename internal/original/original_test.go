package original_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/original/originaltest"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// One packer packs many files, of which each comes back as it was.
func TestThereAndBack(t *testing.T) {
	p, err := original.NewPacker()
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("<trkpt/>"), 500_000), noise(3 << 20), []byte("after a large one")} {
		for part := range bytes.Lines(content) {
			if _, err := p.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		o, err := p.Finish()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := original.Unpack(&b, o); err != nil || !bytes.Equal(b.Bytes(), content) || o.Bytes != int64(len(content)) || o.SHA256 != sha256.Sum256(content) {
			t.Errorf("%d of %d bytes came back, %v", b.Len(), len(content), err)
		}
	}
}

// A file that is too large has nothing packed, and the next is kept.
func TestTooLarge(t *testing.T) {
	p, err := original.NewPacker()
	if err != nil {
		t.Fatal(err)
	}
	piece := noise(1 << 20)
	for range original.MaxPacked>>20 + 1 {
		if _, err := p.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := p.Finish(); err != nil || o.Packed != nil || o.Bytes != original.MaxPacked+1<<20 {
		t.Errorf("%d bytes, packed %d, %v", o.Bytes, len(o.Packed), err)
	}
	for range original.MaxBytes>>20 + 1 {
		if _, err := p.Write(piece[:1<<20]); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := p.Finish(); err != nil || o.Packed != nil {
		t.Errorf("packed %d, %v", len(o.Packed), err)
	}
	if _, err := p.Write([]byte("small")); err != nil {
		t.Fatal(err)
	}
	if o, err := p.Finish(); err != nil || original.Check(o) != nil {
		t.Errorf("the next: %+v, %v", o, err)
	}
}

// Whatever is changed of what is kept is found out, and a small row does not become a large file.
func TestDamage(t *testing.T) {
	good := originaltest.Pack(t, bytes.Repeat([]byte("recording "), 1000))
	for n := range good.Packed {
		bad := good
		bad.Packed = bytes.Clone(good.Packed)
		bad.Packed[n] ^= 0x40
		if err := original.Check(bad); !errors.Is(err, original.ErrDamaged) && !same(bad, good) {
			t.Errorf("byte %d: %v", n, err)
		}
	}
	cut, longer, other := good, good, good
	cut.Packed = good.Packed[:len(good.Packed)-1]
	longer.Bytes++
	other.SHA256[0]++
	bomb := originaltest.Pack(t, make([]byte, 20<<20))
	bomb.Bytes = 10
	for name, o := range map[string]pierre.Original{"cut": cut, "longer": longer, "other": other, "bomb": bomb, "empty": {Bytes: 1}, "negative": {Bytes: -1}, "huge": {Bytes: 1 << 60}} {
		var counted counter
		if err := original.Unpack(&counted, o); !errors.Is(err, original.ErrDamaged) || counted > 20_000 {
			t.Errorf("%s: %v, %d bytes", name, err, counted)
		}
	}
	full := errors.New("the disk is full")
	if err := original.Unpack(failing{full}, good); !errors.Is(err, full) {
		t.Errorf("a writer that fails: %v", err)
	}
}

// same reports whether a change of packed bytes changes nothing of the file: a reserved bit.
func same(a, b pierre.Original) bool {
	var x, y bytes.Buffer
	return original.Unpack(&x, a) == nil && original.Unpack(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// FuzzUnpack: whatever a row holds, what comes out is the file that its sum names, of the length that it names, or an error.
func FuzzUnpack(f *testing.F) {
	for _, content := range []string{"", "recording", "<gpx></gpx>"} {
		o := originaltest.Pack(f, []byte(content))
		f.Add(o.Packed, o.Bytes)
	}
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd}, int64(10))
	f.Fuzz(func(t *testing.T, packed []byte, size int64) {
		var b bytes.Buffer
		o := pierre.Original{Bytes: size % (1 << 20), Packed: packed}
		err := original.Unpack(&b, o)
		if err == nil {
			t.Fatal("there is no file with the sum 0")
		}
		if !errors.Is(err, original.ErrDamaged) || int64(b.Len()) > max(0, o.Bytes)+1 {
			t.Fatalf("%d bytes, %v", b.Len(), err)
		}
		o.SHA256 = sha256.Sum256(b.Bytes())
		o.Bytes = int64(b.Len())
		if err := original.Unpack(io.Discard, o); err != nil && !errors.Is(err, original.ErrDamaged) {
			t.Fatal(err)
		}
	})
}
