package browser

import (
	"os"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
)

// Picture writes a picture of the whole page, as PNG.
func (b *Tab) Picture(path string) {
	b.t.Helper()
	const tallest = 6000
	size := tell(b, page.GetLayoutMetrics, cdp.Empty{}).CSSContentSize
	shot := tell(b, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true),
		Clip:                  &page.Viewport{Width: float64(b.width), Height: min(max(size.Height, float64(b.height)), tallest), Scale: 1},
	})
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// FitsWidth reports by how many pixels the page is wider than the window: 0 if nothing has to be scrolled sideways.
func (b *Tab) FitsWidth() int64 {
	b.t.Helper()
	return Eval[int64](b, "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
}
