package access

import (
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// refuse returns the error for a credential that is not accepted. Its holder may read why.
func refuse(format string, args ...any) *pierre.Error {
	return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: fmt.Sprintf(format, args...)}
}
