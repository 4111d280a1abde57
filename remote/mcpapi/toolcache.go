package mcpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
)

// maxLists bounds the kept lists. Keys mostly share a handful of tool sets.
const maxLists = 64

// A toolCache keeps what is derived from the registered tools, until they change: mcp-go encodes every tool anew for each
// tools/list, and every schema for each modern tools/call.
//
// To be told of changes it is one of m's client sessions, which hear of every change of a list.
type toolCache struct {
	mu      sync.Mutex
	changes int // so that what was derived before a change is not kept after it
	lists   map[string]json.RawMessage
	headers map[string]bool // tools with arguments that travel in headers, too
}

func newToolCache() *toolCache {
	c := &toolCache{}
	c.forget()
	return c
}

func (c *toolCache) forget() {
	c.changes++
	c.lists = map[string]json.RawMessage{}
	c.headers = map[string]bool{}
}

// SessionID implements [server.ClientSession].
func (c *toolCache) SessionID() string { return "mcpapi-tools" }

// Initialize implements [server.ClientSession].
func (c *toolCache) Initialize() {}

// Initialized implements [server.ClientSession].
func (c *toolCache) Initialized() bool { return true }

// NotificationChannel implements [server.ClientSession]: that there is a notification is all that matters.
func (c *toolCache) NotificationChannel() chan<- mcp.JSONRPCNotification {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget()
	return make(chan mcp.JSONRPCNotification, 1)
}

// list returns the kept result of tools/list, and a function to keep it if there is none.
func (c *toolCache) list(p access.Principal, profile pierre.ToolProfile, modern, apps bool) (result json.RawMessage, keep func(json.RawMessage)) {
	key := "all"
	if p.Tools != nil {
		key = "some\x00" + strings.Join(p.Tools, "\x00")
	}
	key = string(profile) + " " + key
	if modern {
		key = "modern " + key
	}
	if apps {
		key = "apps " + key
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	changes := c.changes
	return c.lists[key], func(result json.RawMessage) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.changes != changes {
			return
		}
		if len(c.lists) == maxLists {
			clear(c.lists)
		}
		c.lists[key] = result
	}
}

// checkParamHeaders compares the arguments of a modern tools/call with the headers that mirror them.
func (c *toolCache) checkParamHeaders(h http.Header, tool *server.ServerTool, params json.RawMessage) error {
	if !c.mirrored(&tool.Tool) {
		return nil
	}
	lookup := func(name string) (string, bool) {
		values := h.Values(name)
		return strings.Join(values, ","), len(values) > 0
	}
	return streamable.Mismatch(mcp.ValidateParamHeadersLookup(lookup, &tool.Tool, params))
}

// mirrored reports whether arguments of the tool travel in headers, too.
func (c *toolCache) mirrored(tool *mcp.Tool) bool {
	c.mu.Lock()
	known, ok := c.headers[tool.Name]
	changes := c.changes
	c.mu.Unlock()
	if ok {
		return known
	}
	known = len(mcp.ExtractParamHeaderBindings(tool)) > 0
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes == changes {
		c.headers[tool.Name] = known
	}
	return known
}
