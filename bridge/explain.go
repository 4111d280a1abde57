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
	"time"
)

// outcome describes whether the request may have had effects.
func (a *attempt) outcome() string {
	switch {
	case !a.sent.Load():
		return "the request was not carried out."
	case a.repeatable:
		return "the request can be repeated."
	default:
		return "the request may or may not have been carried out: check before you repeat it."
	}
}

// interrupted is the failure of a call whose answer was cut off.
func (b *Bridge) interrupted(a *attempt, err error) error {
	if errors.Is(err, errTooLong) {
		return &answerError{code: http.StatusBadGateway, text: fmt.Sprintf("The server's answer is too large: it has more than %d MiB.", b.opts.MaxMessage>>20)}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	cause := "the server closed it"
	if err != nil && !errors.Is(err, io.EOF) {
		cause = causeOf(err)
	}
	return &answerError{code: http.StatusBadGateway, text: "The connection broke before the answer came (" + cause + "); " + a.outcome()}
}

// transportFailure explains why there was no response to a. A failure that is explained already is left as it is.
func (b *Bridge) transportFailure(a *attempt, err error) error {
	if _, ok := errors.AsType[*answerError](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, errSessionLost) {
		return err
	}
	if errors.Is(err, errTooLong) {
		return b.interrupted(a, err)
	}
	if text := b.certificateAdvice(err); text != "" {
		return &answerError{code: http.StatusBadGateway, text: text}
	}
	if a.sent.Load() {
		return b.interrupted(a, err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return &answerError{code: http.StatusServiceUnavailable, text: fmt.Sprintf(
			"Cannot find the server: the name %s is unknown (%s). Check the URL and the network; every new request tries it again.", dns.Name, dns.Err)}
	}
	return &answerError{code: http.StatusServiceUnavailable, text: fmt.Sprintf(
		"Cannot reach the server %s: %s%s. Check that it runs and that the URL is right; every new request tries it again.", b.host, causeOf(err), a.history())}
}

// history describes how often and how long a was tried; "" if it was tried once.
func (a *attempt) history() string {
	if a.tries < 2 {
		return ""
	}
	return fmt.Sprintf(" (%d tries in %s)", a.tries, time.Since(a.began).Round(time.Second))
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
func (b *Bridge) certificateAdvice(err error) string {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return b.verificationAdvice(e.Err)
	}
	if speaksNoTLS(err) {
		return b.host + " does not speak TLS on this port: check the port, or use http:// if the server runs on this computer."
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		text := fmt.Sprintf("%s refused the TLS connection: %v. It may want a client certificate.", b.host, op.Err)
		return b.advised(text, ClientCertificate)
	}
	return ""
}

func (b *Bridge) verificationAdvice(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return b.advised(b.host+" shows a certificate from an authority that this computer does not know: it is self-signed, "+
			"or the network inspects TLS.", UnknownAuthority)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return fmt.Sprintf("%s shows a certificate that is not valid at this time (it is for %s to %s): "+
			"the server's operator must renew it, or this computer's clock is wrong.",
			b.host, e.Cert.NotBefore.Format("2006-01-02"), e.Cert.NotAfter.Format("2006-01-02"))
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Sprintf("%s shows a certificate for another name (%s): check the host in the URL.", b.host, strings.Join(e.Certificate.DNSNames, ", "))
	}
	return b.advised(fmt.Sprintf("%s shows a certificate that cannot be verified: %v.", b.host, err), UnknownAuthority)
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

// statusFailure explains a response to a that is not the answer. M is its body if that is a JSON-RPC message.
func (b *Bridge) statusFailure(x *exchange, m message, a *attempt) error {
	f := &answerError{code: x.StatusCode, data: errorData{Status: x.StatusCode}}
	if d, ok := retryAfter(x.Header); ok {
		f.data.RetryAfter = int(d.Seconds())
	}
	words := serverWords(x, m)
	if e := errorOf(m); e.Code != 0 {
		f.code = e.Code
	}
	f.text = b.explain(x, words, a)
	return f
}

func (b *Bridge) explain(x *exchange, words string, a *attempt) string {
	status := fmt.Sprintf("%s answers %d", b.host, x.StatusCode)
	if text := http.StatusText(x.StatusCode); text != "" {
		status += " " + text
	}
	status += a.history()
	said := status + "."
	if words != "" {
		said = status + ": " + strings.TrimSuffix(words, ".") + "."
	}
	html := strings.Contains(mediaType(x.Response), "html")
	switch code := x.StatusCode; {
	case code >= 300 && code < 400:
		return b.explainRedirect(x, status)
	case code == http.StatusUnauthorized && !b.keyed:
		return b.advised(said+" It wants an access key and none is set.", NoKey)
	case code == http.StatusUnauthorized:
		return b.advised(said+" The access key was refused: it may be mistyped, expired or revoked.", KeyRefused)
	case code >= 500:
		return said + serverTrouble(x, a)
	case html:
		return status + " with a web page instead of MCP. Check the URL (it usually ends in /mcp); on a public network, sign in to it in a browser first."
	case code == http.StatusForbidden:
		return b.advised(said+" The server does not permit this request.", NotPermitted)
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		return said + " There is no MCP server at " + b.url.Path + ": check the URL (it usually ends in /mcp)."
	case code == http.StatusRequestEntityTooLarge:
		return said + " The request is larger than the server accepts."
	case code == http.StatusTooManyRequests:
		return b.advised(said+" Wait before you try again"+waitAdvice(x.Header)+".", LimitReached)
	case code < 300:
		return status + " but does not answer the request" + quoted(words) + ". Check that the URL is an MCP endpoint (it usually ends in /mcp)."
	default:
		return said
	}
}

// serverTrouble says what a status of 500 or more means for the request.
func serverTrouble(x *exchange, a *attempt) string {
	switch {
	case x.StatusCode == http.StatusServiceUnavailable:
		return " The server is not available now; try again later" + waitAdvice(x.Header) + "."
	case gatewayFailed(x.StatusCode):
		return " The gateway in front of the server got no answer from it: the server may be down. Try again later; " + a.outcome()
	default:
		return " The server has a problem; its operator can find out more."
	}
}

func (b *Bridge) explainRedirect(x *exchange, status string) string {
	to, err := x.Location()
	if err != nil {
		return status + " and does not say where to."
	}
	to.RawQuery, to.Fragment, to.User = "", "", nil // may be secret
	text := status + " and points to " + to.String() + ". "
	switch {
	case origin(to) == origin(b.url) && x.StatusCode != http.StatusTemporaryRedirect && x.StatusCode != http.StatusPermanentRedirect:
		return text + "Such a redirect loses the message, so it is not followed: give that URL instead."
	case origin(to) == origin(b.url):
		return text + "The server redirects again and again: its operator must mend that."
	default:
		return text + "The bridge follows no redirect to another origin, so that your key stays with " + b.host +
			": if the server has moved, change the URL; on a public network, sign in to it in a browser first."
	}
}

// sessionsDoNotLast is the failure of a call whose session was refused although it had just been opened.
func (b *Bridge) sessionsDoNotLast() error {
	return &answerError{code: http.StatusBadGateway, text: b.host + " refuses the sessions that it has just opened; the request was not carried out. " +
		"If several servers share this address, each conversation must stay with one of them: their operator can see to that."}
}

// oldTransport is the failure of the first request to a server of the protocol's first revision.
func (b *Bridge) oldTransport() error {
	return &answerError{code: http.StatusBadGateway, text: b.host + " speaks the older HTTP+SSE transport of MCP (revision 2024-11-05) at " + b.url.Path +
		", and this program speaks Streamable HTTP. Many servers offer both: try the URL that ends in /mcp, or ask the server's operator for it."}
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

// errorDetail is the error of a JSON-RPC answer.
type errorDetail struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func errorOf(m message) errorDetail {
	var e errorDetail
	if json.Unmarshal(m.Error, &e) != nil {
		return errorDetail{}
	}
	return e
}
