// Command pierre-admin-service is the admin web site: strangers ask for keys, staff decide and watch, customers see what
// they use. It talks to a pierre-mcp-server over its admin API.
package main

import (
	"github.com/pierre-mcp/pierre/internal/adminservice"
	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() { cli.Main(adminservice.NewRoot) }
