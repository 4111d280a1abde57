package access

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// However many addresses and credentials there are, what is remembered of them has a bound.
func TestFailuresAreBounded(t *testing.T) {
	var f failures
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	wrong := &pierre.Error{Kind: pierre.KindUnauthenticated}
	for n := range uint32(3 * maxClients) {
		addr := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0xc0000000+n)))
		ctx := WithClient(t.Context(), addr)
		for _, text := range []string{"pk_live_aaaa", "pk_live_bbbb", "pk_live_cccc"} {
			f.check(ctx, now, text, wrong)
		}
	}
	if len(f.clients) > maxClients || f.entries > maxTallies {
		t.Errorf("%d clients and %d credentials are remembered, want at most %d and %d", len(f.clients), f.entries, maxClients, maxTallies)
	}
	f.check(WithClient(t.Context(), netip.MustParseAddr("192.0.2.1")), now.Add(failureWindow), "x", wrong)
	if len(f.clients) != 1 || f.entries != 1 {
		t.Errorf("after the window %d clients and %d credentials are remembered", len(f.clients), f.entries)
	}
}
