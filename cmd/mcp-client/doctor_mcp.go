package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/human"
)

// modernVersion is the protocol revision without sessions.
const modernVersion = "2026-07-28"

// statusTool is the tool that doctor calls: it reads only, and needs no arguments.
const statusTool = "get_connection_status"

// mcp checks the key, both eras of the protocol, the tools and the limit.
func (d *doctor) mcp(ctx context.Context) {
	e, seen := d.endpoint.watched()
	c, err := e.converse(ctx)
	status, _ := seen.last()
	if err != nil {
		d.refused(status, err)
		return
	}
	defer c.close()
	d.keyAccepted()
	eras := c.hello.ProtocolVersion + ", with initialize"
	if modern, err := e.discover(ctx); err == nil && slices.Contains(modern, modernVersion) {
		eras += "; " + modernVersion + ", without"
	}
	d.ok("protocol", "%s %s speaks %s", c.hello.ServerInfo.Name, c.hello.ServerInfo.Version, eras)
	tools, _, err := c.tools(ctx)
	if err != nil {
		d.fail("tools", err.Error(), "ask the server's operator")
		return
	}
	if len(tools) == 0 {
		d.warn("tools", "the server offers no tool with your key", "ask the server's operator what your plan includes")
		return
	}
	d.ok("tools", "%d with this key", len(tools))
	if _, err := findTool(tools, statusTool); err != nil {
		d.skip("limit", "the server has no tool to try without arguments")
		return
	}
	_, err = c.request(ctx, "tools/call", map[string]any{"name": statusTool, "arguments": struct{}{}})
	status, header := seen.last()
	d.limit(status, header, err)
}

// refused explains a conversation that did not begin. The bridge's words say what to do.
func (d *doctor) refused(status int, err error) {
	words := err.Error()
	switch {
	case status == http.StatusUnauthorized && d.endpoint.Key.Reveal() == "":
		d.fail("key", words, "the server wants an access key: mcp-client install asks for it and stores it; here it can be in PIERRE_AUTH_KEY")
	case status == http.StatusUnauthorized:
		d.fail("key", words, "copy the key again, whole; if it has expired or was revoked, ask for a new one, and give it to mcp-client install")
	case status == http.StatusForbidden:
		d.fail("key", words, "ask the server's operator what your plan includes")
	default:
		d.fail("protocol", words, "check that the URL is that of an MCP server (it usually ends in /mcp)")
	}
}

func (d *doctor) keyAccepted() {
	if d.endpoint.Key.Reveal() == "" {
		d.ok("key", "the server wants none")
		return
	}
	d.ok("key", "accepted")
}

// discover returns the protocol revisions that the server speaks without sessions.
func (e endpoint) discover(ctx context.Context) ([]string, error) {
	c, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	const prefix = "io.modelcontextprotocol/"
	result, err := c.request(ctx, "server/discover", map[string]any{"_meta": map[string]any{
		prefix + "protocolVersion":    modernVersion,
		prefix + "clientInfo":         map[string]string{"name": "mcp-client", "version": buildinfo.Version()},
		prefix + "clientCapabilities": struct{}{},
	}})
	if err != nil {
		return nil, err
	}
	var found struct {
		Versions []string `json:"supportedVersions"`
	}
	if err := json.Unmarshal(result, &found); err != nil {
		return nil, fmt.Errorf("reading the server's versions: %w", err)
	}
	return found.Versions, nil
}

// limit explains what is left of the key's limit, by the answer to a call.
func (d *doctor) limit(status int, header http.Header, err error) {
	left, resets, known := rateLimit(header)
	switch {
	case status == http.StatusTooManyRequests:
		d.fail("limit", err.Error(), "wait, or ask for a larger plan")
	case err != nil:
		d.fail("call", err.Error(), "ask the server's operator")
	case !known:
		d.ok("limit", "the server names none")
	case left == 0:
		d.warn("limit", "no call is left; the next period begins in "+human.Duration(resets), "wait, or ask for a larger plan")
	default:
		d.ok("limit", "%s; the next period begins in %s", leftOf(left, header), human.Duration(resets))
	}
}

func leftOf(left int64, header http.Header) string {
	if q, ok := parameter(header.Get("RateLimit-Policy"), "q"); ok {
		return fmt.Sprintf("%s of %s left", human.Count(left), human.Plural(q, "call"))
	}
	return human.Plural(left, "call") + " left"
}

// rateLimit reads what is left and when the period ends out of the RateLimit
// header (draft-ietf-httpapi-ratelimit-headers-10).
func rateLimit(header http.Header) (left int64, resets time.Duration, known bool) {
	value := header.Get("RateLimit")
	left, known = parameter(value, "r")
	seconds, _ := parameter(value, "t")
	return left, time.Duration(seconds) * time.Second, known
}

// parameter returns an integer parameter of the first item of a structured field.
func parameter(field, name string) (int64, bool) {
	item, _, _ := strings.Cut(field, ",")
	for part := range strings.SplitSeq(item, ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), name+"="); ok {
			n, err := strconv.ParseInt(text, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
