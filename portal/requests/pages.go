package requests

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

//go:embed templates
var templates embed.FS

// Set is the name of the package's templates.
const Set = "requests"

// Templates returns the package's templates, for [ui.New].
func Templates() (fs.FS, error) { return fs.Sub(templates, "templates") }

// Routes returns the package's pages.
func (s *Service) Routes() []route.Route {
	return []route.Route{
		{Pattern: "GET /request", Handler: s.showForm},
		{Pattern: "POST /request", Handler: s.submit},
		{Pattern: "GET /request/sent/{id}", Handler: s.showSent},
		{Pattern: "POST /request/sent/{id}", Handler: s.resend},
		{Pattern: "GET /verify/{token}", Handler: s.showVerify},
		{Pattern: "POST /verify/{token}", Handler: s.verify},
		{Pattern: "POST /verify/{token}/resend", Handler: s.resendExpired},
		{Pattern: "POST /verify/{token}/withdraw", Handler: s.withdraw},
		{Pattern: "GET /answer/{token}", Handler: s.showQuestion},
		{Pattern: "POST /answer/{token}", Handler: s.answer},
		{Pattern: "GET /claim/{token}", Handler: s.showClaim},
		{Pattern: "POST /claim/{token}", Handler: s.reveal},
		{Pattern: "POST /claim/{token}/again", Handler: s.claimAgain},

		{Pattern: "GET /admin/requests", Role: route.Viewer, Handler: s.list},
		{Pattern: "GET /admin/requests/{id}", Role: route.Viewer, Handler: s.show},
		{Pattern: "POST /admin/requests/{id}/approve", Role: route.Approver, Handler: s.approve},
		{Pattern: "POST /admin/requests/{id}/reject", Role: route.Approver, Handler: s.reject},
		{Pattern: "POST /admin/requests/{id}/ask", Role: route.Approver, Handler: s.ask},
		{Pattern: "POST /admin/requests/{id}/retry", Role: route.Approver, Handler: s.retry},
		{Pattern: "POST /admin/requests/{id}/link", Role: route.Approver, Handler: s.newLink},
	}
}

const maxForm = 64 << 10 // bytes

// parseForm reads a form. What is no text becomes U+FFFD.
func parseForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	form, err := web.Form(w, r, maxForm)
	for _, values := range form {
		for i, v := range values {
			values[i] = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return form, err
}

// seeOther leads to a page of this site; what is not ours in its path is escaped.
func seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// wrongForm returns a form with what was typed and the mistake that err is about; ok is false for errors of other kinds.
func wrongForm(values url.Values, err error) (f ui.Form, ok bool) {
	e, isErr := errors.AsType[*pierre.Error](err)
	if !isErr || e.Kind != pierre.KindInvalid {
		return f, false
	}
	return ui.Form{Values: values, Errors: map[string]string{e.Field: e.Msg}}, true
}
