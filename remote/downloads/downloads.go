// Package downloads is the server's door for people who have nothing of ours
// yet: the one-line installers, and the builds of mcp-client that they fetch,
// with their checksums. The scripts belong to package install/script; the
// folder of builds is what the release tool writes.
package downloads

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"time"

	"github.com/pierre-mcp/pierre/install/script"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Options configure a Server.
type Options struct {
	// PublicURL is the origin under which clients reach the server; "" takes it from each request.
	PublicURL string
	Log       *slog.Logger
}

// A Server serves /install.sh, /install.ps1 and /download/.
type Server struct {
	dir  *os.Root
	opts Options
	mux  *http.ServeMux
}

// New returns a server of the builds in the folder dir.
func New(dir string, opts Options) (*Server, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: root, opts: opts, mux: http.NewServeMux()}
	s.mux.Handle("GET /install.sh", web.Handle(opts.Log, s.installer(script.Shell)))
	s.mux.Handle("GET /install.ps1", web.Handle(opts.Log, s.installer(script.PowerShell)))
	s.mux.Handle("GET /download/{file}", web.Handle(opts.Log, s.download))
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close closes the folder.
func (s *Server) Close() error { return s.dir.Close() }

func (s *Server) installer(render func(origin string) (string, error)) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		text, err := render(s.origin(r))
		if err != nil {
			return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The request's Host is no host name.", Err: err}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, err = io.WriteString(w, text)
		return err
	}
}

// origin is how the client reached the server. A proxy's word for the scheme is
// taken: the worst that a liar does is to break his own download.
func (s *Server) origin(r *http.Request) string {
	if s.opts.PublicURL != "" {
		return s.opts.PublicURL
	}
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// What a release holds: programs by platform, bundles, checksums, bills of materials.
var released = regexp.MustCompile(`^(mcp-client_(linux|darwin|windows)_(amd64|arm64)(\.exe|\.mcpb)?|checksums\.txt|mcp-client\.sbom\.json)$`)

func (s *Server) download(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	if !released.MatchString(name) {
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
	// A build takes longer to send than the server allows for an answer in general.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if name == "checksums.txt" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	http.ServeContent(w, r, name, info.ModTime(), f)
	return nil
}
