package clientdoc

import (
	"testing"
	"time"
)

func TestKeepFor(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": keepUsually, "public": keepUsually, "max-age=7200": 2 * time.Hour, "private, max-age=7200": 2 * time.Hour, "max-age=0": keepAtLeast,
		"max-age=99999999": keepAtMost, "max-age=99999999999999999999": keepUsually, "max-age=-5": keepAtLeast, "no-store": keepAtLeast, "max-age=x": keepUsually,
	} {
		if got := keepFor(text); got != want {
			t.Errorf("keepFor(%q) = %v, want %v", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("https://a.example/c", []byte(`{"client_id":"https://a.example/c","client_name":"A","redirect_uris":["https://a.example/"]}`))
	f.Add("https://a.example/c", []byte(`[]`))
	f.Fuzz(func(t *testing.T, id string, body []byte) {
		doc, err := parse(id, body)
		if (err == nil) != (len(doc.RedirectURIs) > 0) || len(doc.RedirectURIs) > maxRedirects {
			t.Errorf("parse = %+v, %v", doc, err)
		}
		if CheckURL(id) == nil && !IsURL(id) {
			t.Errorf("%q is a URL of a document and is not", id)
		}
	})
}
