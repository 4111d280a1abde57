package redisconn_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/redisconn"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

func TestOpen(t *testing.T) {
	c, err := redisconn.Open(redistest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	for _, text := range []string{
		"", "redis.example.com:6379", "http://u:hunter2@host", "redis://u:hunter2@host:port", "redis://u:hunter2@host/x", "redis://u:hunter2@host:1?nonsense=1",
		"redis://u:hunter2@host:1?addr=x:y:z&nonsense=1", "redis://u:hunter2@host:1?master_name=m&nonsense=1", "\x00redis://u:hunter2@host",
	} {
		if c, err := redisconn.Open(text); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}

func TestKindsOfServers(t *testing.T) {
	for text, want := range map[string]func(redis.UniversalClient) bool{
		"rediss://u:p@host:6379/1":                          func(c redis.UniversalClient) bool { return c.(*redis.Client).Options().TLSConfig != nil },
		"unix:///run/redis.sock?db=2":                       func(c redis.UniversalClient) bool { return c.(*redis.Client).Options().Network == "unix" },
		"redis://a:6379?addr=b:6379":                        func(c redis.UniversalClient) bool { return len(c.(*redis.ClusterClient).Options().Addrs) == 2 },
		"redis://a:26379?master_name=pierre&addr=b%3A26379": func(c redis.UniversalClient) bool { _, ok := c.(*redis.Client); return ok },
	} {
		c, err := redisconn.Open(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !want(c) {
			t.Errorf("%s: %T", text, c)
		}
		c.Close()
	}
}
