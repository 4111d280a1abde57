//go:build !race

package chart_test

import (
	"encoding/binary"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/chart"
)

// samples are one chart of each form.
func samples() map[string]chart.Chart {
	wave := func(n int, step float64, of func(i float64) float64) (x, y []float64) {
		for i := range n {
			x, y = append(x, float64(i)*step), append(y, of(float64(i)))
		}
		return x, y
	}
	x, fit := wave(91, 1, func(i float64) float64 { return 40 + 20*math.Sin(i/30) })
	_, fat := wave(91, 1, func(i float64) float64 { return 45 + 30*math.Sin(i/5) })
	_, form := wave(91, 1, func(i float64) float64 { return 25 * math.Sin(i/9) })
	bx, by := wave(30, 3, func(i float64) float64 { return 40 + float64(int(i)*17%100) })
	km, pace := wave(200, 50, func(i float64) float64 { return 300 + 40*math.Sin(i/7) })
	_, heart := wave(200, 50, func(i float64) float64 { return 140 + 20*math.Sin(i/17) })
	zones := chart.Panel{Title: "Time by week", Scale: chart.Clock, Zero: true, Stack: true, Ranked: true}
	for i, name := range []string{"Z1", "Z2", "Z3", "Z4", "Z5"} {
		zx, zy := wave(12, 7, func(w float64) float64 { return 600 * (1 + float64((int(w)+i)%4)) })
		zones.Series = append(zones.Series, chart.Series{Name: name, Mark: chart.Bar, Tone: i, Width: 7, X: zx, Y: zy})
	}
	return map[string]chart.Chart{
		"load": {
			Title: "Fitness, fatigue and form", About: "17 March to 15 June 2026, all sports",
			Axis: chart.Axis{Scale: chart.Days, From: -0.5, To: 90.5, First: "2026-03-17"},
			Panels: []chart.Panel{
				{Title: "Fitness and fatigue", Unit: "load per day", Scale: chart.Number, Zero: true, Series: []chart.Series{
					{Name: "fitness", Mark: chart.Line, X: x, Y: fit}, {Name: "fatigue", Mark: chart.Line, Tone: 1, X: x, Y: fat},
				}},
				{Title: "Form", Scale: chart.Number, Zero: true, Series: []chart.Series{{Name: "form", Mark: chart.Signed, X: x, Y: form}}},
				{Title: "Load", Unit: "per day", Scale: chart.Number, Zero: true, Stack: true, Series: []chart.Series{
					{Name: "load", Mark: chart.Bar, Tone: 3, Width: 1, X: bx, Y: by},
					{Name: "load by estimated thresholds", Mark: chart.Bar, Tone: 3, Estimated: true, Width: 1, X: []float64{4, 5}, Y: []float64{50, 90}},
				}},
			},
			Notes: []string{"Estimated, not known: max heart rate."},
		},
		"zones": {
			Title: "Time in heart rate zones", About: "12 weeks", Axis: chart.Axis{Scale: chart.Days, From: -3.5, To: 80.5, First: "2026-03-26"},
			Panels: []chart.Panel{zones},
		},
		"course": {
			Title: "Длинный бег", About: "Run · 10 km", Axis: chart.Axis{Scale: chart.Metres, To: 9950},
			Panels: []chart.Panel{
				{Title: "Pace", Unit: "min/km, faster is up", Scale: chart.Pace, Series: []chart.Series{{Name: "pace", Mark: chart.Line, X: km, Y: pace, Breaks: []int{60, 61}}}},
				{Title: "Heart rate", Unit: "bpm", Scale: chart.Number, Series: []chart.Series{{Name: "heart rate", Mark: chart.Line, Tone: 1, X: km[:120], Y: heart}}},
				{Title: "Elevation", Unit: "m", Scale: chart.Number, Series: []chart.Series{{Name: "elevation", Mark: chart.Area, Tone: 3, X: km, Y: heart}}},
			},
		},
		"curve": {
			Title: "Power curve", Axis: chart.Axis{Scale: chart.Length, From: 5, To: 3600},
			Panels: []chart.Panel{{Title: "Power", Unit: "W", Scale: chart.Number, Zero: true, Series: []chart.Series{
				{Name: "this year", Mark: chart.Points, X: []float64{5, 60, 300, 1200, 3600}, Y: []float64{800, 450, 320, 270, 240}},
				{Name: "last year", Mark: chart.Points, Tone: 1, X: []float64{5, 60, 300, 1200}, Y: []float64{700, 440, 330, 260}},
			}}},
		},
		"month": {
			Title: "June 2026", About: "5 activities",
			Month: &chart.Month{First: "2026-06-01", Days: []chart.Day{
				{Day: 1, Activities: 1, Load: new(120.0)},
				{Day: 3, Activities: 1},
				{Day: 12, Activities: 2, Load: new(20.0)},
				{Day: 13, Activities: 1, Load: new(330.0)},
				{Day: 30, Activities: 1, Load: new(70.0)},
			}},
		},
	}
}

// A picture takes few bytes and few pixels, on a phone and on a screen.
func TestPicturesAreSmall(t *testing.T) {
	t.Parallel()
	for name, c := range samples() {
		for _, o := range []chart.Options{{}, {Dark: true}, {Wide: true}} {
			raw := drawn(t, c, o)
			size := decode(t, raw).Bounds().Size()
			if len(raw) > 60<<10 || size.X != 780 && !o.Wide || size.X > 1170 || size.Y > 2100 {
				t.Errorf("%s, %+v: %d bytes, %v", name, o, len(raw), size)
			}
		}
	}
}

// What has no bounds is cut: long texts end in an ellipsis, and what does not fit is not drawn.
func TestPicturesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("A very long name of an activity ", 100)
	c := chart.Chart{Title: long, About: strings.Repeat("x", 5000), Notes: []string{long, long, long, long, long, long, long, long, long}}
	for range 50 {
		p := samples()["load"].Panels[0]
		p.Title, p.Unit = long, long
		for range 30 {
			s := p.Series[0]
			s.Name = long
			p.Series = append(p.Series, s)
		}
		c.Panels = append(c.Panels, p)
	}
	c.Axis = samples()["load"].Axis
	size := decode(t, drawn(t, c, chart.Options{Wide: true})).Bounds().Size()
	if size.X > 1170 || size.Y > 2100 {
		t.Errorf("the picture is of %v", size)
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Morning run – 10 km": true, "Утренний бег": true, "Πρωινό τρέξιμο": true, "": true, "two\nlines": true,
		"朝のランニング": false, "🏃 run": false, "جري الصباح": false,
	} {
		if chart.CanWrite(text) != want {
			t.Errorf("%q can be written: %v", text, !want)
		}
	}
}

// Text has a contrast of 4.5:1, marks have one of 3:1, and more is farther from the paper than less.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, dark := range []bool{false, true} {
		l := chart.LookOf(dark)
		for i, c := range []color.RGBA{l.Text, l.Muted} {
			if r := contrast(c, l.Paper); r < 4.5 {
				t.Errorf("dark %v: text %d has a contrast of %.2f", dark, i, r)
			}
		}
		for i, c := range l.Tones {
			if r := contrast(c, l.Paper); r < 3 {
				t.Errorf("dark %v: tone %d has a contrast of %.2f", dark, i, r)
			}
		}
		before := 2.99
		for i, c := range l.Steps {
			r := contrast(c, l.Paper)
			if r <= before || contrast(c, l.OnSteps[i]) < 4.5 {
				t.Errorf("dark %v: step %d has contrasts of %.2f and %.2f", dark, i, r, contrast(c, l.OnSteps[i]))
			}
			before = r
		}
	}
}

// contrast is that of WCAG 2.
func contrast(a, b color.RGBA) float64 {
	light := func(c color.RGBA) float64 {
		linear := func(v uint8) float64 {
			if s := float64(v) / 255; s > 0.04045 {
				return math.Pow((s+0.055)/1.055, 2.4)
			}
			return float64(v) / 255 / 12.92
		}
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Whatever the numbers are, there is a picture of bounded size.
func FuzzDraw(f *testing.F) {
	f.Add(uint8(0), 0.0, 90.0, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	f.Add(uint8(3), math.NaN(), math.Inf(1), []byte("\x00\x00\x00\x00\x00\x00\xf0\x7f\x00\x00\x00\x00\x00\x00\xf8\x7f"))
	f.Add(uint8(2), 1e-300, 1e300, []byte("\xff\xff\xff\xff\xff\xff\xef\x7f\xff\xff\xff\xff\xff\xff\xef\xff"))
	scales := []chart.Scale{chart.Days, chart.Number, chart.Length, chart.Metres, chart.Clock, chart.Pace, chart.Zone}
	marks := []chart.Mark{chart.Line, chart.Area, chart.Signed, chart.Bar, chart.Points}
	f.Fuzz(func(t *testing.T, kind uint8, from, to float64, raw []byte) {
		s := chart.Series{Mark: marks[int(kind)%len(marks)], Width: to, Tone: int(kind), Breaks: []int{int(kind)}}
		for i := 0; i+16 <= len(raw) && i < 1600; i += 16 {
			s.X = append(s.X, math.Float64frombits(binary.LittleEndian.Uint64(raw[i:])))
			s.Y = append(s.Y, math.Float64frombits(binary.LittleEndian.Uint64(raw[i+8:])))
		}
		c := chart.Chart{
			Title: string(raw[:min(len(raw), 100)]), Axis: chart.Axis{Scale: scales[int(kind)%len(scales)], From: from, To: to, First: "2026-01-01"},
			Panels: []chart.Panel{{Scale: scales[int(kind/7)%len(scales)], Zero: kind%2 == 0, Stack: kind%3 == 0, Low: &from, High: &to, Series: []chart.Series{s, s}}},
		}
		if kind > 250 {
			c.Month = &chart.Month{First: "2026-02-01", Days: []chart.Day{{Day: int(kind), Activities: 1, Load: &from}, {Day: 2, Activities: 1, Load: &to}}}
		}
		if size := decode(t, drawn(t, c, chart.Options{})).Bounds().Size(); size.X != 780 || size.Y > 2800 {
			t.Errorf("the picture is of %v", size)
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	for name, c := range samples() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				drawn(b, c, chart.Options{})
			}
		})
	}
}
