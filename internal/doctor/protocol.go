package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/mcpclient"
	"github.com/pierre-mcp/pierre/internal/toolcall"
)

// statusTool is the tool that doctor calls: it reads only, and needs no arguments.
const statusTool = "get_connection_status"

// protocol checks the key, both eras of the protocol, the tools and the limit.
func (x *examination) protocol(ctx context.Context) {
	e, last := x.endpoint.Recorded()
	c, err := mcpclient.Connect(ctx, e)
	status, _ := last.Get()
	if err != nil {
		x.refused(status, err)
		return
	}
	defer c.Close()
	x.keyAccepted()
	eras := c.Server().ProtocolVersion + ", with initialize"
	if modern, err := mcpclient.Discover(ctx, e); err == nil && slices.Contains(modern, mcpclient.ModernVersion) {
		eras += "; " + mcpclient.ModernVersion + ", without"
	}
	x.ok("protocol", "%s %s speaks %s", c.Server().Name, c.Server().Version, eras)
	tools, _, err := c.Tools(ctx)
	if err != nil {
		x.fail("tools", err.Error(), "ask the server's operator")
		return
	}
	if len(tools) == 0 {
		x.warn("tools", "the server offers no tool with your key", "ask the server's operator what your plan includes")
		return
	}
	x.ok("tools", "%s with this key", human.Plural(len(tools), "tool"))
	if _, err := toolcall.Find(tools, statusTool); err != nil {
		x.skip("limit", "the server has no tool to try without arguments")
		return
	}
	_, err = c.Request(ctx, "tools/call", map[string]any{"name": statusTool, "arguments": struct{}{}})
	status, header := last.Get()
	x.limit(status, header, err)
}

// refused explains a conversation that did not begin. The bridge's words say what to do.
func (x *examination) refused(status int, err error) {
	words := err.Error()
	switch {
	case status == http.StatusUnauthorized && x.endpoint.Key.Reveal() == "":
		x.fail("key", words, "the server wants an access key: mcp-client install asks for it and stores it; here it can be in PIERRE_AUTH_KEY")
	case status == http.StatusUnauthorized:
		x.fail("key", words, "copy the key again, whole; if it has expired or was revoked, ask for a new one, and give it to mcp-client install")
	case status == http.StatusForbidden:
		x.fail("key", words, "ask the server's operator what your plan includes")
	default:
		x.fail("protocol", words, "check that the URL is that of an MCP server (it usually ends in /mcp)")
	}
}

func (x *examination) keyAccepted() {
	if x.endpoint.Key.Reveal() == "" {
		x.ok("key", "the server wants none")
		return
	}
	x.ok("key", "accepted")
}

// limit explains what is left of the key's limit, by the answer to a call.
func (x *examination) limit(status int, header http.Header, err error) {
	left, resets, known := rateLimit(header)
	switch {
	case status == http.StatusTooManyRequests:
		x.fail("limit", err.Error(), "wait, or ask for a larger plan")
	case err != nil:
		x.fail("call", err.Error(), "ask the server's operator")
	case !known:
		x.ok("limit", "the server names none")
	case left == 0:
		x.warn("limit", "no call is left; the next period begins in "+human.Duration(resets), "wait, or ask for a larger plan")
	default:
		x.ok("limit", "%s; the next period begins in %s", leftOf(left, header), human.Duration(resets))
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
