package ui

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/human"
)

// Short returns n in three digits or so, for where there is little room: "412", "1k", "12.3k", "4.7M".
func Short(n int64) string {
	f, unit := float64(n), ""
	for _, next := range [...]string{"k", "M", "B", "T"} {
		if math.Abs(f) < 999.5 {
			break
		}
		f, unit = f/1000, next
	}
	switch {
	case unit == "":
		return strconv.FormatInt(n, 10)
	case math.Abs(f) < 99.95:
		return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + unit
	}
	return strconv.FormatFloat(f, 'f', 0, 64) + unit
}

// Percent returns a share of 1 as a percentage: "0 %", "0.3 %", "75 %".
func Percent(share float64) string {
	p := share * 100
	if p != 0 && math.Abs(p) < 9.95 {
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// Milliseconds returns a duration of so many milliseconds: "0.4 ms", "12 ms", "1.3 s".
func Milliseconds(ms float64) string {
	switch {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
}

const (
	exactTime = "2 January 2006, 15:04:05 UTC"
	shownTime = "2 Jan 2006, 15:04 UTC"
	shownDate = "2 Jan 2006"
)

// stamp returns a time element: in UTC as it is, in the viewer's zone if scripts run, with the exact time on hover. how is
// time, date or ago, which scripts go by.
func stamp(t time.Time, how, text string) template.HTML {
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-time="%s">%s</time>`, //nolint:gosec // formats of times
		t.Format(time.RFC3339), t.Format(exactTime), how, template.HTMLEscapeString(text)))
}

const none = template.HTML("–")

func formatTime(t any) template.HTML {
	at, ok := timeOf(t)
	if !ok {
		return none
	}
	return stamp(at, "time", at.UTC().Format(shownTime))
}

func formatDate(t any) template.HTML {
	at, ok := timeOf(t)
	if !ok {
		return none
	}
	return stamp(at, "date", at.UTC().Format(shownDate))
}

// formatDay names a day of UTC, which is the same one in every zone.
func formatDay(t time.Time) string { return t.UTC().Format(shownDate) }

func (u *Renderer) formatAgo(t any) template.HTML {
	at, ok := timeOf(t)
	if !ok {
		return none
	}
	return stamp(at, "ago", Ago(u.opts.Now().Sub(at)))
}

// timeOf takes a time or a pointer to one, as wire types have them; ok is false if there is none.
func timeOf(t any) (at time.Time, ok bool) {
	switch t := t.(type) {
	case time.Time:
		at = t
	case *time.Time:
		if t != nil {
			at = *t
		}
	}
	return at, !at.IsZero()
}

// Ago returns how long ago something was, or in what time it will be: "just now", "5 minutes ago", "in 3 days".
func Ago(d time.Duration) string {
	future := d < 0
	d = d.Abs()
	units := [...]struct {
		name string
		of   time.Duration
	}{{"year", 365 * 24 * time.Hour}, {"month", 30 * 24 * time.Hour}, {"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}}
	for _, unit := range units {
		n := int64(d / unit.of)
		if n == 0 {
			continue
		}
		text := strconv.FormatInt(n, 10) + " " + unit.name
		if n != 1 {
			text += "s"
		}
		if future {
			return "in " + text
		}
		return text + " ago"
	}
	if future {
		return "in a moment"
	}
	return "just now"
}

// initials returns up to two letters that stand for a name or an address.
func initials(name string) string {
	var letters []rune
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" .-_@", r) }) {
		letters = append(letters, []rune(word)[0])
	}
	return strings.ToUpper(string(letters[:min(len(letters), 2)]))
}

// figure returns a value of a chart: whole numbers as they are, others with one decimal.
func figure(v float64) string {
	if v == math.Trunc(v) {
		return human.Count(int64(v))
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// Templates pass pointers where wire types have what may be missing.

func number(v any) string {
	switch n := v.(type) {
	case int:
		return human.Count(n)
	case int64:
		return human.Count(n)
	case *int64:
		if n != nil {
			return human.Count(*n)
		}
	}
	return string(none)
}

func share(v any) string        { return fraction(v, Percent) }
func milliseconds(v any) string { return fraction(v, Milliseconds) }

func fraction(v any, format func(float64) string) string {
	switch f := v.(type) {
	case float64:
		return format(f)
	case *float64:
		if f != nil {
			return format(*f)
		}
	}
	return string(none)
}

// Browser is what a browser calls itself, shortened to what a person knows it by.
func Browser(agent string) string {
	browser, system := "Browser", ""
	for _, b := range [...][2]string{{"Edg", "Edge"}, {"OPR", "Opera"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"}} {
		if strings.Contains(agent, b[0]) {
			browser = b[1]
			break
		}
	}
	for _, o := range [...][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, o[0]) {
			system = " on " + o[1]
			break
		}
	}
	return browser + system
}

// Capital returns a name, such as a tier's, as it begins a line.
func Capital(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + name[size:]
}
