package ui

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/portal/route"
)

// A Brand is how the operator shows itself. Its zero value works.
type Brand struct {
	Name    string // of the operator; "": Pierre
	Tagline string // one sentence under the name on the landing page; "": the product's
	Logo    string // path of a picture on this site; "": none
	Accent  string // the one colour, such as #3b5bdb; "": the default
	Support string // e-mail address for questions; "": none
	Legal   []Link // imprint, terms, privacy
}

// A Link leads somewhere.
type Link struct {
	Text string
	URL  string // a path of this site, or https
}

const (
	defaultAccent = "#3b5bdb"
	defaultName   = "Pierre"
)

// checked returns the brand with its defaults, and without what a page must not hold.
func (b Brand) checked() Brand {
	b.Name = cmp.Or(strings.TrimSpace(b.Name), defaultName)
	if _, ok := ParseColour(b.Accent); !ok {
		b.Accent = defaultAccent
	}
	b.Accent = strings.ToLower(b.Accent)
	b.Logo = route.Local(b.Logo, "")
	legal := make([]Link, 0, len(b.Legal))
	for _, l := range b.Legal {
		if u, err := url.Parse(l.URL); err == nil && l.Text != "" && (u.Scheme == "https" || u.Scheme == "http" || route.Local(l.URL, "") != "") {
			legal = append(legal, l)
		}
	}
	b.Legal = legal
	return b
}

const themePrefix, themeSuffix = "theme.", ".css"

func (b Brand) themePath() string {
	return StaticPath + themePrefix + strings.TrimPrefix(b.Accent, "#") + themeSuffix
}

func themeAccent(name string) (Colour, bool) {
	hex, ok := strings.CutPrefix(name, themePrefix)
	hex, ok2 := strings.CutSuffix(hex, themeSuffix)
	if !ok || !ok2 {
		return Colour{}, false
	}
	return ParseColour("#" + hex)
}

// A Colour has the parts red, green and blue of sRGB, 0 to 255.
type Colour [3]float64

// ParseColour reads a colour such as #3b5bdb; ok is false for any other text.
func ParseColour(text string) (c Colour, ok bool) {
	if len(text) != 7 || text[0] != '#' {
		return c, false
	}
	n, err := strconv.ParseUint(text[1:], 16, 32)
	if err != nil {
		return c, false
	}
	return Colour{float64(n >> 16), float64(n >> 8 & 255), float64(n & 255)}, true
}

// String returns the colour as style sheets write it.
func (c Colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0])), int(math.Round(c[1])), int(math.Round(c[2])))
}

// mix returns c with a share of other.
func (c Colour) mix(other Colour, share float64) Colour {
	for i := range c {
		c[i] += (other[i] - c[i]) * share
	}
	return c
}

// luminance is that of WCAG 2.2, "relative luminance".
func (c Colour) luminance() float64 {
	weights, sum := [...]float64{0.2126, 0.7152, 0.0722}, 0.0
	for i, part := range c {
		if part /= 255; part <= 0.04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+0.055)/1.055, 2.4)
		}
		sum += weights[i] * part
	}
	return sum
}

// Contrast is that of WCAG 2.2, "contrast ratio": 1 to 21.
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// The surfaces that text of the accent colour lies on, as in app.css.
func lightest() Colour { return Colour{0xf4, 0xf4, 0xf7} }
func darkest() Colour  { return Colour{0x24, 0x26, 0x2c} }

// readable moves c towards an end of the scale until text of it can be read on the surface.
func (c Colour) readable(on, towards Colour) Colour {
	const enough, step = 5.4, 0.04 // 4.5 is the least; the soft colour of the accent is nearer than the surface
	for share := 0.0; share <= 1; share += step {
		if m := c.mix(towards, share); Contrast(m, on) >= enough {
			return m
		}
	}
	return towards
}

// theme returns the style sheet of an accent colour: the colour of filled things as it is, and of text as it can be read.
func theme(accent Colour) string {
	white, black := Colour{255, 255, 255}, Colour{0, 0, 0}
	variables := func(on, towards Colour) string {
		text := accent.readable(on, towards)
		filled, label := accent, white
		if Contrast(filled, white) < 4.6 && Contrast(filled, black) < 7 || Contrast(filled, on) < 3 {
			filled = text
		}
		if Contrast(filled, white) < 4.6 {
			label = Colour{0x12, 0x12, 0x16}
		}
		return fmt.Sprintf("--accent:%v;--accent-text:%v;--on-accent:%v;--accent-soft:%v;", filled, text, label, on.mix(filled, 0.1))
	}
	return ":root{" + variables(lightest(), black) + "}\n@media (prefers-color-scheme:dark){:root{" + variables(darkest(), white) + "}}\n"
}
