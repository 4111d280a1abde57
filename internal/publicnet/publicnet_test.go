package publicnet

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
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

// What is not public is reached only if it is allowed, under whatever name.
func TestTransport(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	get := func(tr http.RoundTripper) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := get(Transport()); !errors.Is(err, ErrNotPublic) {
		t.Errorf("loopback: %v", err)
	}
	if err := get(Transport(netip.MustParsePrefix("10.0.0.0/8"))); !errors.Is(err, ErrNotPublic) {
		t.Errorf("loopback, with another network allowed: %v", err)
	}
	if err := get(Transport(netip.MustParsePrefix("127.0.0.0/8"))); err != nil {
		t.Errorf("loopback, allowed: %v", err)
	}
}

// Within the networks only: a public address is not asked either.
func TestWithin(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	for _, c := range []struct {
		networks, url string
		refused       bool
	}{
		{"127.0.0.0/8", srv.URL, false},
		{"10.0.0.0/8", srv.URL, true},
		{"127.0.0.0/8", "http://8.8.8.8", true},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Within(netip.MustParsePrefix(c.networks)).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if errors.Is(err, ErrNotPublic) != c.refused || err != nil && !c.refused {
			t.Errorf("%s within %s: %v", c.url, c.networks, err)
		}
	}
}
