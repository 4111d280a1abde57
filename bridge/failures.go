package bridge

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// JSON-RPC error codes. The bridge's own errors carry the HTTP status that fits
// them, outside the ranges that JSON-RPC and MCP reserve.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeMethodNotFound = -32601
)

// A failure is an error answer that the bridge itself gives. Its text is for the
// person behind the host: what is wrong, and what to do.
type failure struct {
	code int
	text string
	data failureData
}

type failureData struct {
	Status     int `json:"status,omitempty"`     // HTTP
	RetryAfter int `json:"retryAfter,omitempty"` // s
}

func (f *failure) Error() string { return f.text }

// errorLine is the answer to the request with the given id; nil means unknown.
func errorLine(id []byte, f *failure) []byte {
	if id == nil {
		id = []byte("null")
	}
	var answer struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   struct {
			Code    int          `json:"code"`
			Message string       `json:"message"`
			Data    *failureData `json:"data,omitempty"`
		} `json:"error"`
	}
	answer.Version, answer.ID = "2.0", id
	answer.Error.Code, answer.Error.Message = f.code, f.text
	if f.data != (failureData{}) {
		answer.Error.Data = &f.data
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		panic(err) //nolint:forbidigo // the id was parsed, the rest is strings and numbers
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func lineTooLong(limit int) *failure {
	return &failure{code: codeInvalidRequest, text: fmt.Sprintf("A message of more than %d MiB was not sent: it is too large.", limit>>20)}
}

func malformed(line []byte, err error) *failure {
	if line[0] == '[' && errors.Is(err, jsonrpc.ErrNotObject) {
		return &failure{code: codeInvalidRequest, text: "Batches are not supported (MCP 2025-06-18 removed them): send each message on a line of its own."}
	}
	if errors.Is(err, jsonrpc.ErrTooDeep) {
		return &failure{code: codeInvalidRequest, text: "The message nests arrays and objects too deeply."}
	}
	return &failure{code: codeParse, text: "The line is not one JSON object."}
}

func notAMessage() *failure {
	return &failure{code: codeInvalidRequest, text: "The line is not a JSON-RPC message: it has no method, and no id with a result or an error."}
}

// asFailure makes err presentable.
func asFailure(ctx context.Context, c *call, err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if ctx.Err() != nil {
		return &failure{code: http.StatusServiceUnavailable, text: "The bridge was stopped before the answer came; " + c.outcome()}
	}
	return &failure{code: http.StatusBadGateway, text: "The bridge could not carry the request out: " + err.Error()}
}

// outcome says whether the request may have had effects.
func (c *call) outcome() string {
	switch {
	case !c.sent.Load():
		return "the request was not carried out."
	case c.repeatable:
		return "the request can be repeated."
	default:
		return "the request may or may not have been carried out: check before you repeat it."
	}
}

// interrupted is the failure of a call whose answer was cut off.
func interrupted(c *call, err error) error {
	if errors.Is(err, errTooLong) {
		return &failure{code: http.StatusBadGateway, text: "The server's answer is too large."}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	cause := "the server closed it"
	if err != nil && !errors.Is(err, io.EOF) {
		cause = causeOf(err)
	}
	return &failure{code: http.StatusBadGateway, text: "The connection broke before the answer came (" + cause + "); " + c.outcome()}
}

// transportFailure explains why there was no response.
func (r *relay) transportFailure(c *call, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, errTooLong) {
		return &failure{code: http.StatusBadGateway, text: fmt.Sprintf("The server's answer is larger than %d MiB.", r.opts.MaxMessage>>20)}
	}
	if text := certificateAdvice(err, r.host); text != "" {
		return &failure{code: http.StatusBadGateway, text: text}
	}
	if c.sent.Load() {
		return interrupted(c, err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return &failure{code: http.StatusServiceUnavailable, text: fmt.Sprintf(
			"Cannot find the server: the name %s is unknown (%s). Check the URL and the network; the bridge keeps trying with every request.", dns.Name, dns.Err)}
	}
	return &failure{code: http.StatusServiceUnavailable, text: fmt.Sprintf(
		"Cannot reach the server %s: %s. Check that it runs and that the URL is right; the bridge keeps trying with every request.", r.host, causeOf(err))}
}

// causeOf is the innermost cause of a network error, without the URL and the addresses around it.
func causeOf(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		if op.Op == "proxyconnect" {
			return "the proxy cannot be reached: " + causeOf(op.Err)
		}
		if op.Timeout() {
			return "no answer within the time limit"
		}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server closed the connection"
	}
	return err.Error()
}

// certificateAdvice explains errors of TLS; "" if err is none.
func certificateAdvice(err error, host string) string {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return verificationAdvice(e.Err, host)
	}
	if speaksNoTLS(err) {
		return host + " does not speak TLS on this port: check the port, or use http:// if the server runs on this computer."
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return fmt.Sprintf("%s refused the TLS connection: %v. If it asks for a client certificate, give one with --client-cert and --client-key.", host, op.Err)
	}
	return ""
}

func verificationAdvice(err error, host string) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return host + " shows a certificate from an authority that this computer does not know: it is self-signed, " +
			"or the network inspects TLS. If you trust that authority, give its certificate with --ca-cert FILE."
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return fmt.Sprintf("%s shows a certificate that is not valid at this time (it is for %s to %s): "+
			"the server's operator must renew it, or this computer's clock is wrong.",
			host, e.Cert.NotBefore.Format("2006-01-02"), e.Cert.NotAfter.Format("2006-01-02"))
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Sprintf("%s shows a certificate for another name (%s): check the host in the URL.", host, strings.Join(e.Certificate.DNSNames, ", "))
	}
	return fmt.Sprintf("%s shows a certificate that cannot be verified: %v. If you trust its authority, give that certificate with --ca-cert FILE.", host, err)
}

// maxQuote bounds what is quoted of a server's words.
const maxQuote = 300

// serverWords is what the server said about its refusal: the message of a JSON-RPC
// error, the detail of a problem document (RFC 9457) or a short plain text.
func serverWords(x *exchange, m message) string {
	if e := errorOf(m); e.Message != "" {
		return clip(e.Message)
	}
	if x.buf == nil {
		return ""
	}
	text := bytes.TrimSpace(x.buf.Bytes())
	var p struct {
		Detail  string          `json:"detail"`
		Title   string          `json:"title"`
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(text, &p) == nil {
		for _, s := range []string{p.Detail, p.Message, unquote(p.Error), p.Title} {
			if s != "" {
				return clip(s)
			}
		}
		return ""
	}
	if mediaType(x.Response) == "text/plain" {
		return clip(string(text))
	}
	return ""
}

func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > maxQuote {
		return strings.ToValidUTF8(s[:maxQuote], "") + " …"
	}
	return s
}

// statusFailure explains a response that is not the answer. M is its body if that is a JSON-RPC message.
func (r *relay) statusFailure(x *exchange, m message) error {
	f := &failure{code: x.StatusCode, data: failureData{Status: x.StatusCode}}
	if d, ok := retryAfter(x.Header); ok {
		f.data.RetryAfter = int(d.Seconds())
	}
	words := serverWords(x, m)
	if e := errorOf(m); e.Code != 0 {
		f.code = e.Code
	}
	f.text = r.explain(x, words)
	return f
}

func (r *relay) explain(x *exchange, words string) string {
	status := fmt.Sprintf("%s answers %d", r.host, x.StatusCode)
	if text := http.StatusText(x.StatusCode); text != "" {
		status += " " + text
	}
	said := status + "."
	if words != "" {
		said = status + ": " + strings.TrimSuffix(words, ".") + "."
	}
	html := strings.Contains(mediaType(x.Response), "html")
	switch code := x.StatusCode; {
	case code >= 300 && code < 400:
		return fmt.Sprintf("%s and points to %s. The bridge follows no redirect, so that your key stays with %s: "+
			"if the server has moved, change the URL; on a public network, sign in to it in a browser first.", status, location(x), r.host)
	case code == http.StatusUnauthorized && r.key.Reveal() == "":
		return said + " It wants an access key and none is set: put it into PIERRE_AUTH_KEY (or --auth-key-file, --auth-key)."
	case code == http.StatusUnauthorized:
		return said + " The access key was refused: it may be mistyped, expired or revoked. Check PIERRE_AUTH_KEY (or --auth-key-file, --auth-key) or ask for a new key."
	case html:
		return status + " with a web page instead of MCP. Check the URL (it usually ends in /mcp); on a public network, sign in to it in a browser first."
	case code == http.StatusForbidden:
		return said + " The key is known but does not permit this: ask the server's operator what your plan includes."
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		return said + " There is no MCP server at " + r.url.Path + ": check the URL (it usually ends in /mcp)."
	case code == http.StatusRequestEntityTooLarge:
		return said + " The request is larger than the server accepts."
	case code == http.StatusTooManyRequests:
		return said + " Wait before you try again" + waitAdvice(x.Header) + ", or ask for a larger plan."
	case code == http.StatusServiceUnavailable:
		return said + " The server is not available now; try again later" + waitAdvice(x.Header) + "."
	case code >= 500:
		return said + " The server has a problem; its operator can find out more."
	case code < 300:
		return status + " but does not answer the request" + quoted(words) + ". Check that the URL is an MCP endpoint (it usually ends in /mcp)."
	default:
		return said
	}
}

func quoted(words string) string {
	if words == "" {
		return ""
	}
	return ": " + words
}

func waitAdvice(h http.Header) string {
	if d, ok := retryAfter(h); ok {
		return fmt.Sprintf(" (in %s)", d)
	}
	return ""
}

// location is where a redirect points to, without what may be secret in it.
func location(x *exchange) string {
	u, err := x.Location()
	if err != nil {
		return "nowhere"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}
