package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	defaultPage = 50
	maxPage     = 200
)

// Query returns the parameters of r's URL, which must be among the known: a mistyped filter would show something else than
// was asked for. Its errors are [pierre.KindInvalid].
func Query(r *http.Request, known ...string) (url.Values, error) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, pierre.Invalid("", "The query string is not valid; percent-encode its values.")
	}
	for name, values := range params {
		switch {
		case len(known) == 0:
			return nil, pierre.Invalid(name, "This route takes no parameters.")
		case !slices.Contains(known, name):
			return nil, pierre.Invalid(name, "There is no parameter %.40q; there are %s.", name, strings.Join(known, ", "))
		case len(values) > 1:
			return nil, pierre.Invalid(name, "The parameter %s may be given once only.", name)
		}
	}
	return params, nil
}

// PageSize returns the number of entries on a page that the parameter limit asks for, 50 if it does not.
func PageSize(params url.Values) (int, error) {
	text := params.Get("limit")
	if text == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, pierre.Invalid("limit", "limit must be between 1 and %d.", maxPage)
	}
	return n, nil
}
