package streamable

import (
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
)

// isModern reports whether a request is of the stateless protocol: one that declares a version from 2026-07-28 on,
// in its body or in its header. Declaring it in only one of them is an error that checkEra finds.
func isModern(h http.Header, m *message) bool {
	return mcp.IsModernProtocol(m.version) || mcp.IsModernProtocol(h.Get(mcp.HeaderProtocolVersion))
}

// checkEra validates what a message says about its protocol, in its headers above all.
func checkEra(h http.Header, m *message, modern bool) error {
	version := h.Get(mcp.HeaderProtocolVersion)
	switch {
	case modern && m.isResponse():
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "Since 2026-07-28 servers send no requests, so clients send no responses.")
	case modern && m.isNotification():
		return nil // it has no _meta, and is ignored anyway
	case modern:
		return checkModern(h, m, version)
	case version == "" || m.name == string(mcp.MethodInitialize) || mcp.IsValidProtocolVersion(version):
		return nil
	default:
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "MCP-Protocol-Version names no version that this server knows.")
	}
}

// checkModern follows the transport chapter of 2026-07-28, "Request Headers".
func checkModern(h http.Header, m *message, version string) error {
	switch {
	case version == "":
		return Mismatch(mcp.HeaderMismatchError{Header: mcp.HeaderProtocolVersion, Reason: "missing required header"})
	case m.version == "":
		return Refuse(http.StatusBadRequest, mcp.INVALID_PARAMS, "missing or invalid _meta field "+mcp.MetaKeyProtocolVersion)
	case m.version != version:
		return Mismatch(mcp.HeaderMismatchError{Header: mcp.HeaderProtocolVersion, Reason: "header value does not match the body's " + mcp.MetaKeyProtocolVersion})
	case !mcp.IsValidProtocolVersion(version):
		e := mcp.UnsupportedProtocolVersionError{Version: version, Supported: mcp.ValidProtocolVersions}.JSONRPCError().Error
		return &Error{Status: http.StatusBadRequest, Code: e.Code, Message: e.Message, Data: e.Data}
	case !m.capable:
		return Refuse(http.StatusBadRequest, mcp.INVALID_PARAMS, "missing or invalid _meta field "+mcp.MetaKeyClientCapabilities)
	}
	return Mismatch(mcp.ValidateStandardHeaders(h.Get, version, mcp.MCPMethod(m.name), m.params))
}

// Mismatch returns the refusal for a header that differs from the body, nil for nil.
func Mismatch(err error) error {
	if err == nil {
		return nil
	}
	return Refuse(http.StatusBadRequest, mcp.HEADER_MISMATCH, err.Error())
}
