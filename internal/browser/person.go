package browser

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Click clicks the first element that a CSS selector finds and that can be seen.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	get(b, "clicking "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Follow clicks what leads to another page, and waits for that.
func (b *Tab) Follow(selector string) {
	b.t.Helper()
	get(b, "following "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("following %s: %v\n%s", selector, err, b.Text())
	}
}

// Type replaces the value of a field.
func (b *Tab) Type(selector, text string) {
	b.t.Helper()
	get(b, "typing into "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	Eval[bool](b, fmt.Sprintf(`document.querySelector(%q).value = "", true`, selector))
	get(b, "typing into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Keys presses keys where the focus is, as a person who has no mouse: text, or names of keys in braces, such as {Tab}.
func (b *Tab) Keys(keys string) {
	b.t.Helper()
	named := strings.NewReplacer("{Tab}", kb.Tab, "{Enter}", kb.Enter, "{Space}", " ", "{Escape}", kb.Escape, "{Down}", kb.ArrowDown)
	get(b, "pressing "+keys, chromedp.KeyEvent(named.Replace(keys)))
}

// TabTo presses the tabulator until the element that the selector finds has the focus.
func (b *Tab) TabTo(selector string) {
	b.t.Helper()
	const most = 200
	for range most {
		b.Keys("{Tab}")
		if Eval[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	b.t.Fatalf("the tabulator does not reach %s", selector)
}
