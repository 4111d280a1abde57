package adminapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/usage"
)

const maxEventLine = 1 << 20 // bytes

// Events calls each with the live numbers of the server, until the context ends, each returns an error, or the stream ends,
// which is an error too. after is the ID of the last event that was seen, "" for none: the server sends those that came
// since, if it still knows them. The stream is not resumed here: whoever watches knows when to come back.
func (c *Client) Events(ctx context.Context, after string, each func(usage.LiveEvent) error) error {
	r, err := c.build(ctx, request{method: http.MethodGet, path: "/admin/events"})
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/event-stream")
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	resp, err := c.stream.Do(r)
	if err != nil {
		return fmt.Errorf("watching the server: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxEventLine))
		return refusal(resp, body)
	}
	return readEvents(resp.Body, each)
}

// readEvents reads server-sent events (HTML Living Standard, chapter 9.2) as the admin API writes them.
func readEvents(from io.Reader, each func(usage.LiveEvent) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxEventLine)
	var e usage.LiveEvent
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case len(lines.Bytes()) == 0:
			if len(e.Data) > 0 {
				if err := each(e); err != nil {
					return err
				}
			}
			e = usage.LiveEvent{ID: e.ID}
		case name == "id" && !strings.ContainsRune(value, 0):
			e.ID = value
		case name == "event":
			e.Type = value
		case name == "data":
			if len(e.Data)+len(value) > maxEventLine {
				return errors.New("watching the server: an event has too many bytes")
			}
			if e.Data != nil {
				e.Data = append(e.Data, '\n')
			}
			e.Data = append(e.Data, bytes.Clone([]byte(value))...)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("watching the server: %w", err)
	}
	return fmt.Errorf("watching the server: %w", io.ErrUnexpectedEOF)
}
