// Package clientinfo tells what may be kept of a client's address: its country, and a hash that keeps clients apart for
// a day. The address itself is never kept.
package clientinfo

import (
	"net/netip"
	"time"
)

// A Describer describes clients by their addresses. It is safe for concurrent use.
type Describer struct {
	countries *Countries
	hash      hasher
}

// New returns a Describer. countries may be nil: then every country is [UnknownCountry].
func New(countries *Countries) *Describer { return &Describer{countries: countries} }

// Describe returns the client's country, and a hash that is the same for all calls from it on the UTC day of at, and
// that nobody can undo once that day or this process is over. Without an address the hash is "".
func (d *Describer) Describe(addr netip.Addr, at time.Time) (country, hash string) {
	if !addr.IsValid() {
		return UnknownCountry, ""
	}
	plain := addr.Unmap().WithZone("")
	return d.countries.Country(plain, at), d.hash.sum(plain, at)
}
