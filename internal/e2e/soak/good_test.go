//go:build e2e

package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// thinking is how long a good client waits between two calls.
const thinking = 25 * time.Millisecond

// A goodClient asks for its own activities, again and again, with a key of its own.
type goodClient struct {
	addr, key string
	http      *http.Client
}

func newGoodClient(addr, key string, keepAlive bool) *goodClient {
	return &goodClient{addr, key, &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: !keepAlive},
	}}
}

// call runs a tool and returns what went wrong.
func (c *goodClient) call(ctx context.Context, tool, args string) error {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, args)
	raw, err := c.post(ctx, "/", body, "application/json")
	if err != nil {
		return err
	}
	var answer struct {
		Result struct {
			IsError bool `json:"isError"`
		} `json:"result"`
		Error *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("%w: %.200s", err, raw)
	}
	if answer.Error != nil {
		return fmt.Errorf("%s: %s", tool, answer.Error.Message)
	}
	if answer.Result.IsError {
		return fmt.Errorf("%s answered %.300s", tool, raw)
	}
	return nil
}

func (c *goodClient) post(ctx context.Context, path, body, contentType string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.addr+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Content-Type", contentType)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", resp.Status, raw)
	}
	return raw, err
}

// upload imports an hour's ride.
func (c *goodClient) upload(ctx context.Context, start time.Time) error {
	_, err := c.post(ctx, "/api/import?name=ride.gpx", ride(start), "application/gpx+xml")
	return err
}

func ride(start time.Time) string {
	var b bytes.Buffer
	b.WriteString(`<gpx version="1.1" creator="soak" xmlns="http://www.topografix.com/GPX/1/1"><trk><type>cycling</type><trkseg>`)
	for second := range 1200 {
		fmt.Fprintf(&b, `<trkpt lat="%.6f" lon="%.6f"><ele>%d</ele><time>%s</time></trkpt>`,
			10+float64(second)*7e-5, 20.0, second%40, start.Add(3*time.Duration(second)*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}

// Measurements are what good clients noticed in one phase.
type measurements struct {
	mu     sync.Mutex
	took   []time.Duration
	faults []error
}

func (m *measurements) add(took time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.faults = append(m.faults, err)
		return
	}
	m.took = append(m.took, took)
}

// quantile returns the duration under which that share of the calls took.
func (m *measurements) quantile(share float64) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.took) == 0 {
		return 0
	}
	slices.Sort(m.took)
	return m.took[int(share*float64(len(m.took)-1))]
}

func (m *measurements) String() string {
	return fmt.Sprintf("%d calls, %d failed; p50 %v, p90 %v, p99 %v, max %v", len(m.took)+len(m.faults), len(m.faults),
		m.quantile(0.5).Round(10*time.Microsecond), m.quantile(0.9).Round(10*time.Microsecond),
		m.quantile(0.99).Round(10*time.Microsecond), m.quantile(1).Round(10*time.Microsecond))
}

// converse lets the clients work for a while.
func converse(ctx context.Context, clients []*goodClient, d time.Duration) *measurements {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	m := &measurements{}
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				began := time.Now()
				// A call that has begun is let end: only those that were cut off by us would fail.
				err := c.call(context.WithoutCancel(ctx), []string{"get_activities", "get_stats"}[i%2], "{}")
				m.add(time.Since(began), err)
				pause(ctx, thinking)
			}
		})
	}
	wg.Wait()
	return m
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
