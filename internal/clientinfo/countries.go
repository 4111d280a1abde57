package clientinfo

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// UnknownCountry is what ISO 3166-1 leaves to users for "no country".
const UnknownCountry = "ZZ"

// reloadEvery is how often a database's file is looked at for a newer version.
const reloadEvery = 10 * time.Second

// Countries finds the country of an address in an MMDB file, and notices when the
// file is replaced. It is safe for concurrent use; nil knows no country.
type Countries struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	db      *maxminddb.Reader
	modTime time.Time
	checked time.Time
}

// OpenCountries opens an MMDB file with the layout of GeoLite2 (country.iso_code)
// or the flat one of ip-location-db (country_code). The file is read into memory,
// because a mapped one that is overwritten in place would crash the process. If a
// newer version of the file cannot be read, log is told and the old one stays.
func OpenCountries(path string, log *slog.Logger) (*Countries, error) {
	c := &Countries{path: path, log: log}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening the country database: %w", err)
	}
	if err := c.load(info.ModTime()); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Countries) load(modTime time.Time) error {
	c.modTime = modTime // even if it is broken: it is not read again until it changes
	data, err := os.ReadFile(c.path)
	if err != nil {
		return fmt.Errorf("reading the country database: %w", err)
	}
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return fmt.Errorf("reading the country database %s: %w", c.path, err)
	}
	c.db = db
	return nil
}

// Country returns the ISO 3166-1 alpha-2 code of addr's country, or [UnknownCountry].
func (c *Countries) Country(addr netip.Addr, at time.Time) string {
	if c == nil {
		return UnknownCountry
	}
	r := c.reader(at).Lookup(addr)
	for _, path := range [][]any{{"country", "iso_code"}, {"country_code"}} {
		var code string
		if err := r.DecodePath(&code, path...); err == nil && code != "" {
			return OrUnknown(code)
		}
	}
	return UnknownCountry
}

func (c *Countries) reader(at time.Time) *maxminddb.Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Sub(c.checked) < reloadEvery {
		return c.db
	}
	c.checked = at
	info, err := os.Stat(c.path)
	if err == nil && !info.ModTime().Equal(c.modTime) {
		err = c.load(info.ModTime())
	}
	if err != nil {
		c.log.Warn("keeping the country database that is in memory", "path", c.path, "err", err)
	}
	return c.db
}

// OrUnknown returns code if it looks like a country's code, else [UnknownCountry].
func OrUnknown(code string) string {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return UnknownCountry
	}
	return code
}
