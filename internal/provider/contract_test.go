package provider_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/provider/providertest"
)

// Every service's fake, every case; see [providertest.Run] for which of them on both databases.
func TestContract(t *testing.T) {
	t.Parallel()
	var out providertest.Outcomes
	t.Cleanup(func() { t.Log("\n" + out.Table()) })
	providertest.Run(t, &out)
}
