package staff

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func picture(t testing.TB, width, height int, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range min(width, height) {
		m.Set(x, x, color.NRGBA{R: uint8(x), A: 255})
	}
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, m image.Image) error  { return png.Encode(b, m) }
func asJPEG(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) }
func asGIF(b *bytes.Buffer, m image.Image) error  { return gif.Encode(b, m, nil) }

// TestCleanLogo: pixels stay, and nothing else does.
func TestCleanLogo(t *testing.T) {
	for name, sent := range map[string][]byte{
		"a PNG": picture(t, 800, 20, asPNG), "a JPEG": picture(t, 20, 800, asJPEG),
		"a PNG with a page behind it": append(picture(t, 20, 20, asPNG), "<script>alert(1)</script>"...),
	} {
		kept, err := cleanLogo(sent)
		if err != nil || bytes.Contains(kept, []byte("script")) {
			t.Errorf("%s: %v", name, err)
		}
		if _, format, err := image.Decode(bytes.NewReader(kept)); err != nil || format != "png" {
			t.Errorf("%s is kept as %s: %v", name, format, err)
		}
	}
	for name, sent := range map[string][]byte{
		"nothing": nil, "an SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "a GIF": picture(t, 9, 9, asGIF),
		"too wide": picture(t, 801, 1, asPNG), "too high": picture(t, 1, 801, asPNG), "half a PNG": picture(t, 90, 90, asPNG)[:100],
	} {
		if _, err := cleanLogo(sent); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCleanLogo: whatever was sent, what is kept is a picture within the limits.
func FuzzCleanLogo(f *testing.F) {
	f.Add(picture(f, 3, 3, asPNG))
	f.Add(picture(f, 3, 3, asJPEG))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		kept, err := cleanLogo(sent)
		if err != nil {
			return
		}
		c, err := png.DecodeConfig(bytes.NewReader(kept))
		if err != nil || c.Width > maxLogoSide || c.Height > maxLogoSide || len(kept) > maxLogo {
			t.Errorf("%+v with %d bytes: %v", c, len(kept), err)
		}
	})
}
