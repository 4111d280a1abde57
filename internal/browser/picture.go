package browser

import (
	"os"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
)

// Picture writes a picture of the whole page, as PNG.
func (b *Tab) Picture(path string) {
	b.t.Helper()
	const tallest = 6000
	size := tell(b, page.GetLayoutMetrics, cdp.Empty{}).CSSContentSize
	b.capture(path, page.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true),
		Clip:                  &page.Viewport{Width: float64(b.width), Height: min(max(size.Height, float64(b.height)), tallest), Scale: 1},
	})
}

// documentPicture writes a picture of what the window shows, as WebP.
func (b *Tab) documentPicture(path string) {
	b.t.Helper()
	const quality = 82
	b.capture(path, page.CaptureScreenshotParams{Format: "webp", Quality: new(int64(quality))})
}

func (b *Tab) capture(path string, params page.CaptureScreenshotParams) {
	b.t.Helper()
	shot := tell(b, page.CaptureScreenshot, params)
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// FitsWidth reports by how many pixels the page is wider than the window: 0 if nothing has to be scrolled sideways.
func (b *Tab) FitsWidth() int64 {
	b.t.Helper()
	return Eval[int64](b, "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
}

// FirstPaint waits until the page's first content is painted, and returns the milliseconds that this took from the page's start.
func (b *Tab) FirstPaint() float64 {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if at := Eval[float64](b, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`); at > 0 {
			return at
		}
	}
	b.t.Fatal("the page paints nothing")
	return 0
}

// ForgetFiles lets the tab load every file anew.
func (b *Tab) ForgetFiles() {
	b.t.Helper()
	tell(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
}
