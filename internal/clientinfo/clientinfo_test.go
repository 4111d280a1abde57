package clientinfo_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/pierre-mcp/pierre/internal/clientinfo"
)

var noon = time.Date(2026, 5, 31, 12, 0, 0, 0, time.UTC)

// writeMMDB writes a country database of documentation networks to path.
func writeMMDB(t *testing.T, path string, record func(code string) mmdbtype.Map, codes map[string]string) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, code := range codes {
		_, ipnet, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(ipnet, record(code)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func nested(code string) mmdbtype.Map {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}, "continent": mmdbtype.Map{"code": mmdbtype.String("EU")}}
}

func flat(code string) mmdbtype.Map { return mmdbtype.Map{"country_code": mmdbtype.String(code)} }

func openCountries(t *testing.T, path string) *clientinfo.Countries {
	t.Helper()
	c, err := clientinfo.OpenCountries(path, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCountry(t *testing.T) {
	for name, layout := range map[string]func(string) mmdbtype.Map{"nested": nested, "flat": flat} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "countries.mmdb")
			writeMMDB(t, path, layout, map[string]string{"203.0.113.0/24": "CH", "2001:db8::/32": "CA", "198.51.100.0/24": "no code"})
			r := clientinfo.New(openCountries(t, path))
			for addr, want := range map[string]string{
				"203.0.113.9":        "CH",
				"::ffff:203.0.113.9": "CH",
				"2001:db8::1":        "CA",
				"2001:db8::1%eth0":   "CA",
				"192.0.2.1":          "ZZ",
				"198.51.100.1":       "ZZ",
				"127.0.0.1":          "ZZ",
			} {
				if got, _ := r.Describe(netip.MustParseAddr(addr), noon); got != want {
					t.Errorf("country of %s = %q, want %q", addr, got, want)
				}
			}
			if country, hash := r.Describe(netip.Addr{}, noon); country != "ZZ" || hash != "" {
				t.Errorf("no address gives %q, %q", country, hash)
			}
		})
	}
}

func TestCountriesNoticeANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	addr := netip.MustParseAddr("203.0.113.9")
	writeMMDB(t, path, flat, map[string]string{"203.0.113.0/24": "CH"})
	c := openCountries(t, path)
	now := noon
	expect := func(want, when string) {
		t.Helper()
		now = now.Add(time.Minute)
		if got := c.Country(addr, now); got != want {
			t.Errorf("%s: country %q, want %q", when, got, want)
		}
	}
	change := func(f func()) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		f()
		if err := os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	expect("CH", "at first")
	change(func() { writeMMDB(t, path, nested, map[string]string{"203.0.113.0/24": "CA"}) })
	expect("CA", "after an update")
	change(func() {
		if err := os.WriteFile(path, []byte("half a downlo"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	expect("CA", "after a broken update")
	change(func() { writeMMDB(t, path, flat, map[string]string{"203.0.113.0/24": "FR"}) })
	expect("FR", "after the mended update")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("FR", "after the file is gone")
}

func TestOpenCountriesRefusesWhatItCannotRead(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.mmdb")
	if err := os.WriteFile(broken, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{broken, filepath.Join(t.TempDir(), "absent.mmdb")} {
		if _, err := clientinfo.OpenCountries(path, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("OpenCountries = %v, want an error that names %s", err, path)
		}
	}
}

func TestClientHash(t *testing.T) {
	r := clientinfo.New(nil)
	hash := func(r *clientinfo.Describer, addr string, at time.Time) string {
		_, h := r.Describe(netip.MustParseAddr(addr), at)
		return h
	}
	h := hash(r, "203.0.113.9", noon)
	if len(h) != 16 {
		t.Errorf("hash %q, want 16 hexadecimal digits", h)
	}
	if got := hash(r, "::ffff:203.0.113.9", noon.Add(11*time.Hour)); got != h {
		t.Errorf("the same client on the same day has %q and %q", h, got)
	}
	if hash(r, "203.0.113.10", noon) == h {
		t.Error("two clients have one hash")
	}
	if hash(clientinfo.New(nil), "203.0.113.9", noon) == h {
		t.Error("two processes share a salt")
	}
	tomorrow := hash(r, "203.0.113.9", noon.Add(12*time.Hour))
	if tomorrow == h {
		t.Error("the salt is the same on the next day")
	}
	if got := hash(r, "203.0.113.9", noon); got != tomorrow {
		t.Error("yesterday's salt was kept")
	}
}
