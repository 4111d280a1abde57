package web

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// lineEnd is the end of a line as browsers send it, of which only the last byte is kept. With several \r before the \n, as no
// browser sends it, replacing the last one would leave another \r\n.
var lineEnd = regexp.MustCompile(`\r+\n`)

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
			values[i] = lineEnd.ReplaceAllLiteralString(v, "\n")
		}
	}
	return r.PostForm, nil
}
