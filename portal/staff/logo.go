package staff

import (
	"bytes"
	"errors"
	"image"
	_ "image/jpeg" // logos may be JPEG
	"image/png"
	"io"
	"net/http"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

const (
	maxLogo     = 512 << 10 // bytes, as sent and as kept
	maxLogoSide = 800       // pixels
	logoPath    = "/logo.png"
)

// setLogo keeps the operator's logo, or takes it away.
func (s *Service) setLogo(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxLogo+maxForm/8)
	if err := r.ParseMultipartForm(maxLogo); err != nil { //nolint:gosec // the body has a limit
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return s.refuseLogo(w, r, pierre.Invalid("logo", "The picture has more than %d KiB.", maxLogo>>10))
		}
		return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The form cannot be read.", Err: err}
	}
	var kept []byte
	if r.PostForm.Get("remove") == "" {
		sent, err := sentLogo(r)
		if err == nil {
			kept, err = cleanLogo(sent)
		}
		if err != nil {
			return s.refuseLogo(w, r, err)
		}
	}
	if err := s.db.SetLogo(r.Context(), s.act(r), kept); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The logo was saved."})
	return goTo(w, r, settingsPath)
}

func sentLogo(r *http.Request) ([]byte, error) {
	f, _, err := r.FormFile("logo")
	if err != nil {
		return nil, pierre.Invalid("logo", "Choose a picture.")
	}
	defer f.Close() //nolint:errcheck // it was read
	return io.ReadAll(f)
}

func (s *Service) refuseLogo(w http.ResponseWriter, r *http.Request, err error) error {
	e, ok := errors.AsType[*pierre.Error](err)
	if !ok || e.Kind != pierre.KindInvalid {
		return err
	}
	now, err := s.db.Settings(r.Context())
	if err != nil {
		return err
	}
	return s.showSettings(w, r, http.StatusUnprocessableEntity, now, ui.Form{Values: valuesOf(now), Errors: map[string]string{e.Field: e.Msg}})
}

// cleanLogo returns the pixels of a PNG or JPEG as a PNG, without anything else that was in the file.
func cleanLogo(sent []byte) ([]byte, error) {
	c, format, err := image.DecodeConfig(bytes.NewReader(sent))
	if err != nil || format != "png" && format != "jpeg" {
		return nil, pierre.Invalid("logo", "The picture must be a PNG or a JPEG.")
	}
	if c.Width > maxLogoSide || c.Height > maxLogoSide || c.Width == 0 || c.Height == 0 {
		return nil, pierre.Invalid("logo", "The picture has %d × %d pixels; at most %d × %d are taken.", c.Width, c.Height, maxLogoSide, maxLogoSide)
	}
	picture, _, err := image.Decode(bytes.NewReader(sent))
	if err != nil {
		return nil, pierre.Invalid("logo", "The picture cannot be read.")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, pierre.Invalid("logo", "The picture cannot be kept.")
	}
	if len(sent) > maxLogo || b.Len() > maxLogo {
		return nil, pierre.Invalid("logo", "The picture is too large. Make it smaller, or use fewer colours.")
	}
	return b.Bytes(), nil
}

// logo answers with the operator's logo. Its address has its hash, so browsers may keep it. Programs that show mails on pages
// of other sites load it, too.
func (s *Service) logo(w http.ResponseWriter, r *http.Request) error {
	picture, err := s.db.Logo(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, err = w.Write(picture)
	return err
}

// LogoOf returns the path of the logo on the site, "" if there is none.
func LogoOf(s db.Settings) string {
	if s.Logo == "" {
		return ""
	}
	return logoPath + "?v=" + s.Logo[:12]
}
