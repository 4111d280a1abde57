package mcpload

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// A Target is a running server under test.
type Target struct {
	ready

	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
}

// Start starts a server of that kind: this program, with --serve. A shared one needs backing.
func Start(ctx context.Context, kind string, keys int, backing *Backing) (*Target, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	database, redis := "", ""
	if kind == Shared {
		database, redis = backing.database, backing.redis.URL()
	}
	t := &Target{cmd: exec.CommandContext(ctx, exe, "--serve", "--", kind, strconv.Itoa(keys), database, redis)}
	t.cmd.Stderr = os.Stderr
	if t.stdin, err = t.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	t.out = json.NewDecoder(out)
	if err := t.out.Decode(&t.ready); err != nil {
		return nil, fmt.Errorf("starting the server %s: %w", kind, err)
	}
	return t, nil
}

// CPU returns the processor time that the server has used.
func (t *Target) CPU() (used time.Duration, err error) {
	if _, err := io.WriteString(t.stdin, "\n"); err != nil {
		return 0, err
	}
	err = t.out.Decode(&used)
	return used, err
}

// Stop ends the server.
func (t *Target) Stop() {
	t.stdin.Close() //nolint:errcheck // the process is about to end
	t.cmd.Wait()    //nolint:errcheck // as above
}
