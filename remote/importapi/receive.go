package importapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/spool"
	"github.com/pierre-mcp/pierre/internal/web"
)

// uploadPace is how slowly an upload may come: one that stalls, or drips, must not hold its user's place for days.
func uploadPace() web.Pace { return web.Pace{Pause: time.Minute, BytesPerSecond: 8 << 10} }

const maxName = 255

// fileName returns the upload's name: that of Content-Disposition, where a
// non-ASCII one is filename* (RFC 6266), or of the query's name.
func fileName(r *http.Request) (string, error) {
	name := r.URL.Query().Get("name")
	if d := r.Header.Get("Content-Disposition"); d != "" {
		_, params, err := mime.ParseMediaType(d)
		if err != nil {
			return "", &pierre.Error{
				Kind: pierre.KindInvalid, Field: "Content-Disposition", Err: err,
				Msg: `Content-Disposition must look like attachment; filename="run.fit".`,
			}
		}
		name = params["filename"]
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.ToValidUTF8(strings.Map(printable, name), "")
	if strings.Trim(name, "./ ") == "" {
		return "upload", nil
	}
	if len(name) > maxName { // its end tells the format
		name = strings.ToValidUTF8(name[len(name)-maxName:], "")
	}
	return name, nil
}

// isForm reports whether the body wraps the file into a form.
func isForm(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "multipart/form-data"
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}

// receive streams the body, of at most so many bytes, to a file, and returns it with its size.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, most int64) (*spool.File, int64, error) {
	file, err := spool.New(s.opts.Dir)
	if err != nil {
		return nil, 0, onDisk(err)
	}
	web.SetPace(r.Context(), uploadPace())
	size, err := io.Copy(file, http.MaxBytesReader(w, r.Body, most))
	if err == nil && size == 0 {
		err = &pierre.Error{Kind: pierre.KindInvalid, Msg: "The upload is empty: the request's body must be the file."}
	}
	if err != nil {
		_ = file.Close() // what it holds is not wanted
		return nil, 0, s.explain(err, size)
	}
	return file, size, nil
}

func (s *Server) explain(err error, size int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return s.tooLarge()
	}
	if _, ok := errors.AsType[*pierre.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return onDisk(err)
	}
	return &pierre.Error{
		Kind: pierre.KindInvalid, Err: err,
		Msg: fmt.Sprintf("The upload broke off after %d bytes; nothing was imported. Send it again.", size),
	}
}

func (s *Server) tooLarge() error {
	return &pierre.Error{
		Kind: pierre.KindTooLarge,
		Msg:  fmt.Sprintf("The upload is over this server's limit of %s. Upload the files of the archive one by one.", inWords(s.opts.MaxBytes)),
	}
}

func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func onDisk(err error) error {
	if full(err) {
		return &pierre.Error{
			Kind: pierre.KindStorageFull, Err: err,
			Msg: "The server's disk is full; the import did not go on. Its operator must free space.",
		}
	}
	return fmt.Errorf("keeping the upload: %w", err)
}

// inWords writes a size with the largest unit that leaves it readable.
func inWords(bytes int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}} {
		if bytes >= unit.size {
			return fmt.Sprintf("%.4g %s", float64(bytes)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}
