package clientdoc

import (
	"net/netip"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "93.184.216.34": true, "2606:4700::1111": true, "2a00:1450:4001::1": true,
		"127.0.0.1": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "192.0.2.1": false,
		"240.0.0.1": false, "::": false, "::1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "64:ff9b::a00:1": false, "64:ff9b:1::1": false, "2002:a00:1::": false,
		"2001:0:1::1": false, "2001:db8::1": false, "::a00:1": false, "100::1": false, "5f00::1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v", text, got)
		}
	}
}

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
