package journal

import (
	"bytes"
	"os"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Decode is decode.
var Decode = decode

// Encode returns the lines of calls.
func Encode(t *testing.T, calls []pierre.Call) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := range calls {
		encode(&b, &calls[i])
	}
	return b.Bytes()
}

// Redirect lets j write to another file.
func Redirect(j *Journal, name string) error {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	old := j.active.file
	j.active.file = file
	return old.Close()
}
