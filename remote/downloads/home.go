package downloads

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/install/script"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// docsURL is where the documents of the product are read.
const docsURL = "https://github.com/pierre-mcp/pierre/blob/main/docs/"

// readyTimeout is how long the home page waits for the answer whether the server is ready.
const readyTimeout = 2 * time.Second

// A page is what the templates show, by the names in the tags.
type page struct {
	CSS      template.CSS `template:"CSS"`
	Docs     string       `template:"Docs"`
	Version  string       `template:"Version"`
	Origin   string       `template:"Origin"`
	Guessed  bool         `template:"Guessed"` // the origin is the one that the visitor used
	Personal bool         `template:"Personal"`
	Ready    bool         `template:"Ready"`
	Releases []build      `template:"Releases"`
	Signed   string       `template:"Signed"` // the release whose signature was checked; "": none
}

// Bundles returns the releases for one click in Claude Desktop.
func (p page) Bundles() []build { return p.only(func(r build) bool { return r.Bundle }) }

// Programs returns the builds of mcp-client.
func (p page) Programs() []build {
	return p.only(func(r build) bool { return r.Platform != "" && !r.Bundle })
}

// Checks returns what describes the other releases.
func (p page) Checks() []build { return p.only(func(r build) bool { return r.Platform == "" }) }

func (p page) only(keep func(build) bool) []build {
	return slices.DeleteFunc(slices.Clone(p.Releases), func(r build) bool { return !keep(r) })
}

// WantsPage reports whether a request for / comes from a browser, or from a person with curl, rather than from an
// MCP client that looks for a stream.
func WantsPage(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if accept == "" {
		return true
	}
	wanted := false
	for part := range strings.SplitSeq(accept, ",") {
		switch media, _, err := mime.ParseMediaType(part); {
		case err != nil:
		case media == "text/event-stream":
			return false
		case media == "text/html" || media == "text/*" || media == "*/*":
			wanted = true
		}
	}
	return wanted
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	return s.show(w, r, "home", func(p *page) { p.Ready = s.ready(ctx) == nil })
}

func (s *Server) index(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, "downloads", func(*page) {})
}

// show answers with a page of that name.
func (s *Server) show(w http.ResponseWriter, r *http.Request, name string, fill func(*page)) error {
	p := page{
		CSS: template.CSS(pageCSS), Docs: docsURL, Version: buildinfo.Version(), //nolint:gosec // the style sheet is ours
		Origin: s.origin(r), Guessed: s.opts.PublicURL == "", Personal: s.opts.Personal,
	}
	if err := script.CheckOrigin(p.Origin); err != nil {
		return wrongHost(err)
	}
	var err error
	if p.Releases, err = s.releases(); err != nil {
		return err
	}
	if signed, err := s.signed(); err == nil { // otherwise the installers say what is wrong
		p.Signed = signed.Version
	}
	fill(&p)
	var body bytes.Buffer
	if err := s.pages.ExecuteTemplate(&body, name, p); err != nil {
		return err
	}
	s.header(w, "text/html; charset=utf-8")
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src '"+styleHash()+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Add("Vary", "Accept")
	_, err = w.Write(body.Bytes())
	return err
}

// styleHash names the only style sheet that a browser may apply (CSP level 3, section 2.3.1).
func styleHash() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
