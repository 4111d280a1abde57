//go:build !race

package chart_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/chart"
)

var update = flag.Bool("update", false, "rewrite the golden pictures")

// shrink is how many pixels of a picture, in a square, become one of a golden picture. What remains is what a person sees from
// some distance: that an edge is smoothed by other rules is not.
const shrink = 4

// The pictures look as they did. The golden ones have a quarter of their width.
func TestPictures(t *testing.T) {
	t.Parallel()
	for name, c := range samples() {
		for _, dark := range []bool{false, true} {
			if dark && name != "load" {
				continue
			}
			file := name
			if dark {
				file += "-dark"
			}
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				got := small(decode(t, drawn(t, c, chart.Options{Dark: dark})))
				path := filepath.Join("testdata", file+".png")
				if *update {
					write(t, path, got)
				}
				raw, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if n := changed(got, decode(t, raw)); n > 0 {
					t.Errorf("%d places look different (run with -update, and look at %s)", n, path)
				}
			})
		}
	}
}

// The measure of these tests sees what people see.
func TestChangesAreSeen(t *testing.T) {
	t.Parallel()
	load := samples()["load"]
	before := small(decode(t, drawn(t, load, chart.Options{})))
	whole := decode(t, drawn(t, load, chart.Options{}))
	noise := image.NewRGBA(whole.Bounds())
	random := rand.New(rand.NewPCG(1, 2))
	for y := range noise.Rect.Dy() {
		for x := range noise.Rect.Dx() {
			r, g, b, _ := whole.At(x, y).RGBA()
			d := random.IntN(25) - 12
			shift := func(v uint32) uint8 { return uint8(max(0, min(255, int(v>>8)+d))) }
			noise.SetRGBA(x, y, color.RGBA{shift(r), shift(g), shift(b), 255})
		}
	}
	if n := changed(before, small(noise)); n > 0 {
		t.Errorf("noise at the edges counts as %d changes", n)
	}
	for name, change := range map[string]func(*chart.Chart){
		"a letter":           func(c *chart.Chart) { c.Title = "Fitness, fatique and form" },
		"one bar":            func(c *chart.Chart) { c.Panels[2].Series[0].Y[10] += 12 },
		"a colour":           func(c *chart.Chart) { c.Panels[0].Series[0].Tone = 2 },
		"a broken line":      func(c *chart.Chart) { c.Panels[0].Series[1].Estimated = true },
		"a gap":              func(c *chart.Chart) { c.Panels[1].Series[0].Breaks = []int{30} },
		"a line less":        func(c *chart.Chart) { c.Panels[0].Series = c.Panels[0].Series[:1] },
		"a unit":             func(c *chart.Chart) { c.Panels[2].Unit = "per week" },
		"a slightly new day": func(c *chart.Chart) { c.Axis.To += 4 },
	} {
		other := samples()["load"]
		change(&other)
		if n := changed(before, small(decode(t, drawn(t, other, chart.Options{})))); n == 0 {
			t.Errorf("%s: nobody sees it", name)
		}
	}
}

func drawn(t testing.TB, c chart.Chart, o chart.Options) []byte {
	t.Helper()
	b, err := chart.Draw(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, raw []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small returns the means of squares of pixels.
func small(m image.Image) image.Image {
	b := m.Bounds()
	s := image.NewRGBA(image.Rect(0, 0, b.Dx()/shrink, b.Dy()/shrink))
	for y := range s.Rect.Dy() {
		for x := range s.Rect.Dx() {
			var sum [3]uint32
			for i := range shrink * shrink {
				r, g, b, _ := m.At(x*shrink+i%shrink, y*shrink+i/shrink).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+r>>8, sum[1]+g>>8, sum[2]+b>>8
			}
			mean := func(v uint32) uint8 { return uint8(v / (shrink * shrink)) }
			s.SetRGBA(x, y, color.RGBA{mean(sum[0]), mean(sum[1]), mean(sum[2]), 255})
		}
	}
	return s
}

// changed counts the places at which small pictures look different.
func changed(a, b image.Image) int {
	if a.Bounds() != b.Bounds() {
		return max(a.Bounds().Dx()*a.Bounds().Dy(), 1)
	}
	const seen = 30 // of 255
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if max(apart(r, r2), apart(g, g2), apart(b1, b2)) > seen {
				n++
			}
		}
	}
	return n
}

func apart(a, b uint32) int { return max(int(a>>8)-int(b>>8), int(b>>8)-int(a>>8)) }

func write(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
