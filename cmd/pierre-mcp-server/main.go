//go:build !multicall

// Command pierre-mcp-server is the remote program: configuration, store,
// services, listeners. With --single-tenant it is a personal one without keys.
package main

import "github.com/pierre-mcp/pierre/internal/cli"

func main() { cli.Main(newRoot) }
