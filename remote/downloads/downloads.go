// Package downloads serves what a person without any program of ours needs: the server's home page, the
// one-line installers, and the builds of mcp-client that they fetch, with their checksums. The scripts belong
// to package install/script; the folder of builds is what make dist writes.
package downloads

import (
	"context"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"

	"github.com/pierre-mcp/pierre/install/script"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/release"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Options configure a [Server].
type Options struct {
	// Dir is the folder of builds; "": there are none.
	Dir string
	// Key is whose signature the builds must have, as a list of their checksums; nil: they need none.
	Key *release.Key
	// PublicURL is the origin under which clients reach the server; "" takes it from each request.
	PublicURL string
	// Personal says that the server has one user and asks for no key.
	Personal bool
	Log      *slog.Logger // nil: nothing is logged
}

// A Server serves /, /install.sh, /install.ps1 and /download/.
type Server struct {
	dir   *os.Root // nil: no builds
	ready func(context.Context) error
	opts  Options
	pages *template.Template
	mux   *http.ServeMux
}

// New returns a server. ready reports whether the server can do its work, for the home page. Builds that lack the
// signature of [Options.Key] are an error.
func New(ready func(context.Context) error, opts Options) (*Server, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{ready: ready, opts: opts, mux: http.NewServeMux()}
	var err error
	if s.pages, err = template.New("page").Parse(pageHTML); err != nil {
		return nil, err
	}
	if opts.Dir != "" {
		if s.dir, err = os.OpenRoot(opts.Dir); err != nil {
			return nil, err
		}
		if _, err = s.signed(); err != nil {
			return nil, errors.Join(err, s.dir.Close())
		}
		s.handle("GET /install.sh", s.installer(script.Shell))
		s.handle("GET /install.ps1", s.installer(script.PowerShell))
		s.handle("GET /download/{$}", s.index)
		s.handle("GET /download/{file}", s.download)
	}
	s.handle("GET /{$}", s.home)
	s.handle("/", func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This server has no builds of mcp-client; its operator can add them with --downloads-dir."}
	})
	return s, nil
}

func (s *Server) handle(pattern string, h web.HandlerFunc) {
	s.mux.Handle(pattern, web.Handle(s.opts.Log, h))
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close closes the folder.
func (s *Server) Close() error {
	if s.dir == nil {
		return nil
	}
	return s.dir.Close()
}

func (s *Server) installer(render func(origin string, r script.Release) (string, error)) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		// The builds may have been replaced since the start.
		demand, err := s.signed()
		if err != nil {
			return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The builds of this server are not signed as they should be; its operator must look at them.", Err: err}
		}
		text, err := render(s.origin(r), demand)
		if err != nil {
			return wrongHost(err)
		}
		s.header(w, "text/plain; charset=utf-8")
		_, err = io.WriteString(w, text)
		return err
	}
}

// header sets what every answer has. One that repeats the address of the request is for no cache to keep.
func (s *Server) header(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if s.opts.PublicURL == "" {
		h.Set("Cache-Control", "no-store")
	}
}

func wrongHost(err error) error {
	return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The request's Host is no host name.", Err: err}
}

// origin is how the client reached the server. A proxy's header gives the scheme. It is trusted, because a
// client that sends a false one only gets a broken download itself.
func (s *Server) origin(r *http.Request) string {
	if s.opts.PublicURL != "" {
		return s.opts.PublicURL
	}
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *Server) download(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	if !released(name) {
		return pierre.NotFound("the file " + name)
	}
	f, err := s.dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This server has no build " + name + "; its operator can add it.", Err: err}
	} else if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.header(w, "application/octet-stream")
	if name == release.ListFile || name == release.SignatureFile {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	http.ServeContent(w, r, name, info.ModTime(), f)
	return nil
}
