package main

import (
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const source = "https://github.com/pierre-mcp/pierre"

// config is what a container runtime knows of the image. The Dockerfile says the same; a test compares them.
func (b *build) config() v1.Config {
	return v1.Config{
		User:       strconv.Itoa(user) + ":" + strconv.Itoa(user),
		WorkingDir: "/data",
		Env: []string{
			"PATH=/usr/local/bin",
			"HOME=/data",
			"PIERRE_DATA_DIR=/data",
			"PIERRE_HOST=0.0.0.0",       // what a container publishes must listen on its address
			"PIERRE_ADMIN_HOST=0.0.0.0", // the same
			"GODEBUG=netdns=go",         // names are looked up without libraries, of which the image has none
		},
		Cmd:          []string{"pierre-mcp-server"},
		ExposedPorts: map[string]struct{}{"8081/tcp": {}, "8082/tcp": {}},
		Volumes:      map[string]struct{}{"/data": {}},
		StopSignal:   "SIGTERM",
		Healthcheck: &v1.HealthConfig{
			Test: []string{"CMD", "pierre-mcp-server", "health"}, Interval: 15 * time.Second, Timeout: 6 * time.Second,
			StartPeriod: 10 * time.Second, Retries: 3,
		},
		Labels: b.labels(),
	}
}

// labels are the keys that the OCI image specification defines, for people and for tools that look for new versions.
func (b *build) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":         "Pierre",
		"org.opencontainers.image.description":   "MCP server for an athlete's own training: server, admin site, client and operator's commands",
		"org.opencontainers.image.licenses":      "MIT",
		"org.opencontainers.image.source":        source,
		"org.opencontainers.image.documentation": source + "/blob/main/docs/DEPLOYMENT.md",
		"org.opencontainers.image.version":       b.version,
		"org.opencontainers.image.revision":      b.revision,
		"org.opencontainers.image.created":       b.created.Format(time.RFC3339),
	}
}
