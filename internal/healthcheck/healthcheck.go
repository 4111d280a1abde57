// Package healthcheck asks a program on this machine whether it can do its work, for container runtimes, which start a
// command in the container to find out. The image has no shell and no curl for that.
package healthcheck

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// within is how long the program has for its answer. Docker gives a check 30 seconds unless told otherwise.
const within = 5 * time.Second

const maxAnswer = 64 << 10

// A Target is where the program listens.
type Target struct {
	Host, Port string // Host may be that of all addresses: this machine is asked, then
	TLS        bool
}

// Command is the command health of a program. load reads the settings that say where the program listens; they are the same
// as those that it was started with, since a check runs with the same environment.
func Command(load func() (Target, error)) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask the running program whether it can work, for health checks of containers",
		Long: `health asks the program that runs with the same settings on this machine whether it can
work: GET /ready. It prints the answer and ends with 0 if it can, with 1 if it cannot or
does not answer within five seconds.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			target, err := load()
			if err != nil {
				return err
			}
			answer, err := ask(cmd.Context(), target)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
			return err
		},
	}
}

// url is where the target is asked.
func (t Target) url() string {
	host := t.Host
	switch addr, err := netip.ParseAddr(host); {
	case host == "", err == nil && addr.IsUnspecified() && addr.Is4():
		host = "127.0.0.1"
	case err == nil && addr.IsUnspecified():
		host = "::1"
	}
	scheme := "http"
	if t.TLS {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, t.Port) + "/ready"
}

// ask returns the status that a program which can work tells.
func ask(ctx context.Context, t Target) (status string, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url(), http.NoBody)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		// The certificate is for the name that others know. Nothing secret is sent.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // this machine asks itself
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", fmt.Errorf("nothing answers at %s: %w", t.url(), err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("reading the answer of %s: %w", t.url(), err)
	}
	var answer struct {
		Status string `json:"status"`
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return "", fmt.Errorf("%s answers %d, and not as this program does", t.url(), resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %d: %s", t.url(), resp.StatusCode, answer.Detail)
	}
	return answer.Status, nil
}
