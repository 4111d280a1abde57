//go:build !race

package activityfile

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
)

func encoded(t *testing.T, text string, transform interface{ String(string) (string, error) }) []byte {
	t.Helper()
	b, err := transform.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

func TestXMLAsDevicesWriteIt(t *testing.T) {
	const name = "Zürich – café"
	doc := strings.Replace(run, "Morning", name, 1)
	declare := func(set string) string {
		return strings.Replace(doc, `<?xml version="1.0"?>`, `<?xml version="1.0" encoding="`+set+`"?>`, 1)
	}
	for _, tt := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"UTF-8", []byte(declare("UTF-8")), name},
		{"no declaration", []byte(strings.TrimPrefix(doc, `<?xml version="1.0"?>`)), name},
		{"ten blanks before the declaration", []byte(strings.Repeat(" ", 10) + declare("UTF-8")), name},
		{"byte order mark", []byte("\xEF\xBB\xBF" + declare("UTF-8")), name},
		{"ISO 8859-1", encoded(t, declare("ISO-8859-1"), charmap.Windows1252.NewEncoder()), name},
		{"windows-1252", encoded(t, declare("windows-1252"), charmap.Windows1252.NewEncoder()), name},
		{"UTF-16", encoded(t, declare("UTF-16"), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), name},
		{"Latin letters called UTF-8", encoded(t, declare("UTF-8"), charmap.Windows1252.NewEncoder()), "Z�rich � caf�"},
		{"control characters", []byte(strings.Replace(declare("UTF-8"), "–", "\x0B\x00", 1)), "Zürich    café"},
		{"entities of HTML", []byte(strings.Replace(declare("UTF-8"), "ü", "&uuml;", 1)), "Z&uuml;rich – café"},
		{"a DTD", []byte(strings.Replace(declare("UTF-8"), "<gpx", `<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx`, 1)), name},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := one(t, "x.gpx", tt.content)
			if r.Status != StatusOK || len(r.Warnings) > 0 {
				t.Fatal(brief([]Result{r}))
			}
			if got := r.Recordings[0].Name; got != tt.want {
				t.Errorf("name %q, want %q", got, tt.want)
			}
		})
	}
}

func TestXMLRefusals(t *testing.T) {
	point := `<trkpt lat="47" lon="8"><time>2024-05-01T06:00:00Z</time></trkpt>`
	for _, tt := range []struct {
		name, content, reason string
	}{
		{"unknown character set", `<?xml version="1.0" encoding="EBCDIC-CP-US"?><gpx/>`, "character set"},
		{"elements within elements", "<gpx>" + strings.Repeat("<a>", 10_000), "nested more than 64 deep"},
		{"an endless name", "<gpx><trk><name>" + strings.Repeat("x", xmldoc.MaxToken+200_000), "longer than"},
		{"an endless tag", "<gpx><trk " + strings.Repeat("x", xmldoc.MaxToken+200_000), "longer than"},
		{"HTML", "<!DOCTYPE html><html><body>404</body></html>", "no GPX file"},
		{"nothing but a bracket", "<", "damaged from the beginning"},
		{"an end without a start", "<gpx></gpx></gpx>" + point, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := one(t, "x.gpx", []byte(tt.content))
			if r.Status == StatusOK || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("got %v, want %q", brief([]Result{r}), tt.reason)
			}
		})
	}
}

// Wherever a document is cut, the points before are kept, and the owner is told.
func TestXMLCutOffAnywhere(t *testing.T) {
	for name, whole := range map[string][]byte{"x.gpx": gpxDoc(gpxTrk(fitStart, 500, "running")), "x.tcx": []byte(tcxDoc(100))} {
		t.Run(name, func(t *testing.T) {
			samples := 0
			for n := 1024; n < len(whole)-60; n += 1024 {
				r := one(t, name, whole[:n])
				if r.Status != StatusOK || !strings.Contains(r.Warnings[0], "cut off at byte") {
					t.Fatalf("%d bytes: %v", n, brief([]Result{r}))
				}
				if got := len(r.Recordings[0].Series.Time); got <= samples {
					t.Errorf("%d bytes hold %d samples, no more than the %d of 1 KB less", n, got, samples)
				} else {
					samples = got
				}
			}
			packed := gz(t, whole)
			r := one(t, name+".gz", packed[:len(packed)/2])
			if r.Status != StatusOK || len(r.Recordings[0].Series.Time) < 10 || len(r.Warnings) == 0 {
				t.Errorf("half of the compressed file: %v", brief([]Result{r}))
			}
		})
	}
}

func TestXMLDamagedInTheMiddle(t *testing.T) {
	whole := gpxDoc(gpxTrk(fitStart, 500, "running"))
	broken := bytes.Clone(whole)
	copy(broken[len(broken)/2:], "<<<<>>>>\"'")
	r := one(t, "x.gpx", broken)
	if r.Status != StatusOK || !strings.Contains(r.Warnings[0], "damaged at byte") {
		t.Errorf("got %v", brief([]Result{r}))
	}
}
