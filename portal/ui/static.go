package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

//go:embed static
var staticFiles embed.FS

// StaticPath begins the paths of static files, among them the brand's style sheet. [Renderer.Static] serves them.
const StaticPath = "/static/"

// files are the static files by their names with a hash of the content, which never change.
type files struct {
	byName map[string]file   // app.0123456789ab.css
	named  map[string]string // app.css → app.0123456789ab.css
}

type file struct {
	kind        string // Content-Type
	plain, gzip []byte
}

func loadFiles() (*files, error) {
	all := &files{byName: map[string]file{}, named: map[string]string{}}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		kind, known := contentType(path.Ext(name))
		if err != nil || d.IsDir() || !known {
			return err
		}
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		short := strings.TrimPrefix(name, "static/")
		hashed := strings.TrimSuffix(short, path.Ext(short)) + "." + hex.EncodeToString(sum[:6]) + path.Ext(short)
		packed, err := compress(content)
		if err != nil {
			return err
		}
		all.byName[hashed], all.named[short] = file{kind, content, packed}, hashed
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading static files: %w", err)
	}
	return all, nil
}

func contentType(ext string) (kind string, known bool) {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	}
	return "", false
}

// path returns where a static file is served.
func (f *files) path(name string) (string, error) {
	hashed, ok := f.named[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %s", name)
	}
	return StaticPath + hashed, nil
}

// Static serves GET /static/{file...}: files whose names have a hash of their content, to be kept for a year.
func (u *Renderer) Static(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, StaticPath)
	if accent, ok := themeAccent(name); ok {
		setForever(w.Header(), "text/css; charset=utf-8")
		return writeBody(w, r, http.StatusOK, []byte(theme(accent)))
	}
	f, ok := u.static.byName[name]
	if !ok {
		return pierre.NotFound("This file")
	}
	setForever(w.Header(), f.kind)
	return send(w, r, http.StatusOK, f.plain, f.gzip)
}

func setForever(h http.Header, kind string) {
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Encoding")
}

const minPacked = 1000 // bytes: what is smaller fits into one packet anyway

func writeBody(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	var packed []byte
	if len(body) >= minPacked && takesGzip(r) {
		var err error
		if packed, err = compress(body); err != nil {
			return err
		}
	}
	return send(w, r, status, body, packed)
}

func send(w http.ResponseWriter, r *http.Request, status int, plain, packed []byte) error {
	body := plain
	if packed != nil && takesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		body = packed
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // a client that went away needs no answer
	}
	return nil
}

// takesGzip reports whether the client takes gzip. One that refuses it by a weight of 0 does not exist among browsers, but
// is obeyed.
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			value, weighed := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(weight, " ", "")), "q=")
			n, err := strconv.ParseFloat(value, 64)
			return !weighed || err != nil || n > 0
		}
	}
	return false
}

func compress(content []byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(content); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	return out.Bytes(), nil
}
