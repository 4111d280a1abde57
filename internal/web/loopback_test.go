package web_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/web"
)

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:8082": true, "127.0.0.1": true, "127.8.9.1:80": true, "::1": true, "[::1]": true, "[::1]:8082": true,
		"::ffff:127.0.0.1": true, "[::ffff:127.0.0.1]:80": true,
		"": false, ":8082": false, "0.0.0.0": false, "[::]:80": false, "192.0.2.1:80": false, "2001:db8::1": false, "localhost.example.com": false,
		"example.com": false, "127.0.0.1.example.com:80": false, "localhost:80:90": false, "localhost@example.com": false, "0177.0.0.1": false,
	} {
		if got := web.Loopback(host); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}
