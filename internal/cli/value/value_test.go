package value

import (
	"net"
	"net/url"
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"0.0.0.0": "0.0.0.0", "::": "::", "[::1]": "::1", "LOCALHOST": "localhost", "localhost": "localhost", "fe80::1%eth0": "fe80::1%eth0",
		"1.2.3": "", "1.2.3.4.5": "", "0x7f.1": "", "a..b": "", "-a": "", "a/b": "", "[::1": "", "::1]": "", "": "", "host:80": "", "[::1]:80": "",
	} {
		got, err := Host(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Host(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseHostPort(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "127.0.0.1:9090": "127.0.0.1:9090", ":9090": ":9090", "[::]:0": "[::]:0",
		"9090": "-", "127.0.0.1:": "-", "127.0.0.1:99999": "-", "999.1.1.1:80": "-",
	} {
		got, err := HostPort(text)
		if want == "-" && err == nil || want != "-" && (err != nil || got != want) {
			t.Errorf("HostPort(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseNetworks(t *testing.T) {
	nets, err := Networks("10.0.0.0/8, 192.0.2.7 2001:db8::/32")
	if err != nil || len(nets) != 3 || nets[1].Bits() != 32 {
		t.Errorf("%v, %v", nets, err)
	}
}

func TestPublicURLIsAnOrigin(t *testing.T) {
	for text, want := range map[string]string{
		"https://Pierre.Example.com/": "https://pierre.example.com", "http://10.0.0.7:8081": "http://10.0.0.7:8081", "": "",
		"pierre.example.com": "-", "https://": "-", "https://a b": "-", "https://u:p@a.example": "-", "https://a.example?x": "-", "//a.example": "-",
	} {
		got, err := PublicURL(text)
		if want == "-" && err == nil || want != "-" && (err != nil || got != want) {
			t.Errorf("PublicURL(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

// What is accepted is an origin as browsers write it: writing it again changes nothing.
func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{"https://a.example", "http://[::1]:80", "HTTPS://A.example:443/", "app://x", "https://999.1.1.1", "http://%41", "https://a.example:", "nonsense", "https://[::ffff:1.2.3.4]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, err := Origin(text)
		if err != nil {
			return
		}
		again, err := Origin(origin)
		if err != nil || again != origin {
			t.Errorf("%q became %q, and that %q, %v", text, origin, again, err)
		}
		if u, err := url.Parse(origin); err != nil || u.Path != "" || u.User != nil || u.Host == "" || strings.HasSuffix(origin, "/") {
			t.Errorf("%q became %q, which is no origin", text, origin)
		}
	})
}

// What is accepted can be listened on: it has the form of an address.
func FuzzParseHostPort(f *testing.F) {
	for _, seed := range []string{"127.0.0.1:80", ":1", "[::1]:65535", "localhost:0", "[fe80::1%25eth0]:1", "a:b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if host, _, err := net.SplitHostPort(text); err == nil && hostName.MatchString(host) && !LooksLikeAddress(host) && host != "localhost" {
			t.Skip("it would be looked up")
		}
		if got, err := HostPort(text); err == nil && got != "" {
			if _, _, err := net.SplitHostPort(got); err != nil {
				t.Errorf("%q became %q: %v", text, got, err)
			}
		}
	})
}
