package requests

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// prefilled is the approval form before somebody changes it.
func prefilled(r db.Request) url.Values {
	p := Plan{Tier: r.Tier, Type: pierre.KeyPersonal, Name: r.Company, Period: pierre.PeriodMonth}
	if first, err := parsePlan(r.Plan); err == nil {
		p = first
	}
	v := url.Values{"tier": {string(p.Tier)}, "key_type": {string(p.Type)}, "name": {p.Name}, "rate_limit_period": {string(p.Period)}, "allowed_tools": {strings.Join(p.Tools, ", ")}}
	for name, n := range map[string]int64{"rate_limit_requests": p.Requests, "expires_in_days": p.ExpiresDays} {
		if n != 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	return v
}

// planOf reads the approval form.
func planOf(v url.Values) (Plan, error) {
	p := Plan{Tier: pierre.Tier(v.Get("tier")), Type: pierre.KeyType(v.Get("key_type")), Name: strings.TrimSpace(v.Get("name"))}
	for name, n := range map[string]*int64{"rate_limit_requests": &p.Requests, "expires_in_days": &p.ExpiresDays} {
		text := strings.ReplaceAll(strings.TrimSpace(v.Get(name)), ",", "")
		if text == "" {
			continue
		}
		var err error
		if *n, err = strconv.ParseInt(text, 10, 64); err != nil || *n < 1 {
			return p, pierre.Invalid(name, "Enter a number from 1 up, or nothing for what the plan has.")
		}
	}
	if p.Requests != 0 {
		p.Period = pierre.Period(v.Get("rate_limit_period"))
	}
	p.Tools = strings.FieldsFunc(v.Get("allowed_tools"), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' })
	return p, nil
}

// decision reads what every form of a decision has.
func decision(r *http.Request, v url.Values) Decision {
	person, _ := route.PersonFrom(r.Context())
	version, err := strconv.ParseInt(v.Get("version"), 10, 64)
	if err != nil {
		version = 0 // of no request
	}
	return Decision{Request: r.PathValue("id"), Version: version, By: person.Email}
}

// decided answers a decision: back to the page, or the page with what is wrong.
func (s *Service) decided(w http.ResponseWriter, r *http.Request, err error, said string, wrong func(f ui.Form) typed, v url.Values) error {
	if form, ok := wrongForm(v, err); ok {
		return s.writeRequest(w, r, http.StatusUnprocessableEntity, wrong(form))
	}
	if isLate(err) {
		return s.writeRequest(w, r, http.StatusConflict, typed{conflict: pierre.MessageOf(err, "")})
	}
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: said})
	return seeOther(w, r, "/admin/requests/"+url.PathEscape(r.PathValue("id")))
}

func (s *Service) approve(w http.ResponseWriter, r *http.Request) error {
	v, err := parseForm(w, r)
	if err != nil {
		return err
	}
	p, err := planOf(v)
	said := ""
	if err == nil {
		var moved db.Request
		moved, err = s.Approve(r.Context(), decision(r, v), p)
		said = "Approved. The mail is on its way."
		if moved.State == db.RequestVerified {
			said = "Approved. Somebody else must approve it, too."
		}
	}
	return s.decided(w, r, err, said, func(f ui.Form) typed { return typed{approve: f} }, v)
}

func (s *Service) reject(w http.ResponseWriter, r *http.Request) error {
	v, err := parseForm(w, r)
	if err != nil {
		return err
	}
	_, err = s.Reject(r.Context(), decision(r, v), v.Get("reason"))
	return s.decided(w, r, err, "Rejected. The mail with the reason is on its way.", func(f ui.Form) typed { return typed{reject: f} }, v)
}

func (s *Service) ask(w http.ResponseWriter, r *http.Request) error {
	v, err := parseForm(w, r)
	if err != nil {
		return err
	}
	_, err = s.Ask(r.Context(), decision(r, v), v.Get("question"))
	return s.decided(w, r, err, "The question is on its way.", func(f ui.Form) typed { return typed{ask: f} }, v)
}

func (s *Service) retry(w http.ResponseWriter, r *http.Request) error {
	person, _ := route.PersonFrom(r.Context())
	err := s.Retry(r.Context(), r.PathValue("id"), person.Email)
	return s.decided(w, r, err, "The next try comes in a moment.", func(ui.Form) typed { return typed{} }, nil)
}

func (s *Service) newLink(w http.ResponseWriter, r *http.Request) error {
	person, _ := route.PersonFrom(r.Context())
	err := s.NewClaim(r.Context(), r.PathValue("id"), person.Email)
	return s.decided(w, r, err, "A new link is on its way.", func(ui.Form) typed { return typed{} }, nil)
}
