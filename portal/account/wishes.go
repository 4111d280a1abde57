package account

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// upgrade asks for another tier.
func (s *Site) upgrade(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	email, err := customer(r)
	if err != nil {
		return err
	}
	if s.opts.Upgrade == nil {
		return pierre.NotFound("This page")
	}
	why, tier := strings.TrimSpace(r.PostFormValue("why")), r.PostFormValue("tier")
	wrong := map[string]string{}
	if why == "" || len([]rune(why)) > maxReason {
		wrong["why"] = "Say in a sentence or two what you need, in at most " + strconv.Itoa(maxReason) + " characters."
	}
	list, err := s.own(r.Context(), email)
	if err != nil {
		return err
	}
	known, err := s.tiers(r.Context(), list.APIKeys)
	if err != nil {
		return err
	}
	if !offered(known, tier) {
		wrong["tier"] = "Choose one of the plans."
	}
	if len(wrong) > 0 {
		return s.showOverview(w, r, http.StatusUnprocessableEntity, ui.Form{Values: r.PostForm, Errors: wrong})
	}
	err = s.opts.Upgrade(r.Context(), Upgrade{email, pierre.Tier(tier), why})
	if refused, ok := errors.AsType[*pierre.Error](err); ok && refused.Kind == pierre.KindInvalid {
		field := "why"
		if refused.Field == "tier" {
			field = refused.Field
		}
		return s.showOverview(w, r, http.StatusUnprocessableEntity, ui.Form{Values: r.PostForm, Errors: map[string]string{field: refused.Msg}})
	}
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "We have your request, and answer by mail."})
	return goTo(w, r, "/account")
}

// withdraw takes back a request that nobody has decided.
func (s *Site) withdraw(w http.ResponseWriter, r *http.Request) error {
	email, err := customer(r)
	if err != nil {
		return err
	}
	if s.opts.Withdraw == nil {
		return pierre.NotFound("This page")
	}
	if err := s.opts.Withdraw(r.Context(), email, r.PathValue("id")); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "Your request was withdrawn."})
	return goTo(w, r, "/account")
}

func offered(choices []ui.Choice, value string) bool {
	for _, c := range choices {
		if c.Value == value {
			return true
		}
	}
	return false
}
