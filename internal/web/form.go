package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Form reads the form of a request's body, of at most so many bytes. Lines end with \n alone; what is no text
// is left as it is, for whoever says what is wrong with a field. A form that cannot be read is [pierre.KindMalformed], a longer
// one [pierre.KindTooLarge].
func Form(w http.ResponseWriter, r *http.Request, limit int64) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &pierre.Error{Kind: pierre.KindTooLarge, Msg: "The form is too long.", Err: err}
		}
		return nil, &pierre.Error{Kind: pierre.KindMalformed, Msg: "The form cannot be read.", Err: err}
	}
	for _, values := range r.PostForm {
		for i, v := range values {
			values[i] = strings.ReplaceAll(v, "\r\n", "\n")
		}
	}
	return r.PostForm, nil
}
