package requests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// A formPage is the page with the request form.
type formPage struct {
	Form    ui.Form
	Choices []ui.Choice
	Within  string
}

func (s *Service) showForm(w http.ResponseWriter, r *http.Request) error {
	return s.writeForm(w, r, http.StatusOK, ui.Form{Values: url.Values{"tier": {r.URL.Query().Get("tier")}}})
}

func (s *Service) writeForm(w http.ResponseWriter, r *http.Request, status int, form ui.Form) error {
	tiers, err := s.offered(r.Context())
	if err != nil {
		return err
	}
	settings, err := s.settings(r.Context())
	if err != nil {
		return err
	}
	page := formPage{Form: form, Within: settings.Within}
	for _, t := range tiers {
		page.Choices = append(page.Choices, t.Choice())
	}
	return s.pages.Page(w, r, status, Set+"/request", page)
}

func (s *Service) submit(w http.ResponseWriter, r *http.Request) error {
	values, err := parseForm(w, r)
	if err != nil {
		return err
	}
	tiers, err := s.offered(r.Context())
	if err != nil {
		return err
	}
	sub, wrong := Submission{
		Email: values.Get("email"), Company: values.Get("company"), UseCase: values.Get("use_case"),
		Tier: pierre.Tier(values.Get("tier")), Network: s.opts.Network(r),
	}.check(tiers)
	if len(wrong) > 0 {
		return s.writeForm(w, r, http.StatusUnprocessableEntity, ui.Form{Values: values, Errors: wrong})
	}
	id := newID()
	if values.Get("website") == "" { // a person does not see that field
		if id, err = s.Submit(r.Context(), sub); err != nil {
			return err
		}
	}
	return seeOther(w, r, "/request/sent/"+id)
}

func (s *Service) showSent(w http.ResponseWriter, r *http.Request) error {
	return s.pages.Page(w, r, http.StatusOK, Set+"/sent", nil)
}

func (s *Service) resend(w http.ResponseWriter, r *http.Request) error {
	if err := s.Resend(r.Context(), r.PathValue("id"), s.opts.Network(r)); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "We sent the mail again, unless you had three of them today."})
	return seeOther(w, r, "/request/sent/"+url.PathEscape(r.PathValue("id")))
}

// A verifyPage says what became of a request to whoever has the link that confirms its address.
type verifyPage struct {
	State       string // confirm, late, waiting, done or gone
	Title, Text string
	Email, Path string
	Within      string
	Verified    time.Time
}

func (s *Service) showVerify(w http.ResponseWriter, r *http.Request) error {
	req, err := s.db.RequestByVerifyToken(r.Context(), r.PathValue("token"))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return s.pages.Page(w, r, http.StatusNotFound, Set+"/verify", verifyPage{
			State: "gone", Title: "This link is not valid",
			Text: "It may be incomplete, or a newer one was mailed since. Open the link in the last mail, or fill in the form again.",
		})
	}
	if err != nil {
		return err
	}
	settings, err := s.settings(r.Context())
	if err != nil {
		return err
	}
	page := s.verifyPageOf(req)
	page.Path, page.Within = r.URL.EscapedPath(), settings.Within
	return s.pages.Page(w, r, http.StatusOK, Set+"/verify", page)
}

func (s *Service) verifyPageOf(r db.Request) verifyPage {
	p := verifyPage{State: "done", Email: r.Email, Verified: r.Verified}
	switch r.State {
	case db.RequestSubmitted:
		p.State, p.Title, p.Text = "confirm", "Confirm your address", "Press the button, and your request goes to us."
		if !s.now().Before(r.VerifyUntil) {
			p.State, p.Title, p.Text = "late", "This link has expired", "Links work for 24 hours. We can mail you a new one."
		}
	case db.RequestVerified:
		p.State, p.Title, p.Text = "waiting", "Your request is with us", "There is nothing else to do. We wrote you a mail with what you asked for."
	case db.RequestApproved, db.RequestProvisioned:
		p.Title, p.Text = "Your request is approved", "Look into your mailbox: there is a mail with the link to your key."
	case db.RequestClaimed:
		p.Title, p.Text = "Your request is approved", "Your key was shown to you. Your account's page shows how much of it is used."
	case db.RequestRejected:
		p.State, p.Title, p.Text = "gone", "Your request was not approved", "We wrote you a mail with the reason. You are welcome to ask again."
	case db.RequestWithdrawn:
		p.State, p.Title, p.Text = "gone", "You withdrew your request", "You can ask again whenever you want."
	default:
		p.State, p.Title, p.Text = "gone", "Your request expired", "You can ask again whenever you want."
	}
	return p
}

func (s *Service) verify(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Verify(r.Context(), r.PathValue("token")); err != nil && !isLate(err) && pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	return seeOther(w, r, "/verify/"+url.PathEscape(r.PathValue("token"))) // which says what became of it
}

func (s *Service) resendExpired(w http.ResponseWriter, r *http.Request) error {
	req, err := s.db.RequestByVerifyToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := s.Resend(r.Context(), req.ID, s.opts.Network(r)); err != nil {
		return err
	}
	return seeOther(w, r, "/request/sent/"+req.ID)
}

func (s *Service) withdraw(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Withdraw(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	return seeOther(w, r, "/verify/"+url.PathEscape(r.PathValue("token")))
}

// An answerPage is the page where a question is answered.
type answerPage struct {
	Title, Text string
	Question    string // "": there is none any more
	Form        ui.Form
}

func (s *Service) showQuestion(w http.ResponseWriter, r *http.Request) error {
	return s.writeQuestion(w, r, http.StatusOK, ui.Form{})
}

func (s *Service) writeQuestion(w http.ResponseWriter, r *http.Request, status int, form ui.Form) error {
	req, err := s.db.RequestByAnswerToken(r.Context(), r.PathValue("token"))
	if pierre.KindOf(err) == pierre.KindNotFound || err == nil && !s.now().Before(req.AnswerUntil) {
		return s.pages.Page(w, r, http.StatusNotFound, Set+"/answer", answerPage{
			Title: "There is no open question", Text: "It was answered, a newer one was mailed, or your request was decided since.",
		})
	}
	if err != nil {
		return err
	}
	events, err := s.db.RequestEvents(r.Context(), req.ID)
	if err != nil {
		return err
	}
	page := answerPage{Title: "A question about your request", Text: "Your answer goes to whoever decides about it.", Form: form}
	for _, e := range events {
		if e.Action == "asked" {
			page.Question = e.Details
		}
	}
	return s.pages.Page(w, r, status, Set+"/answer", page)
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) error {
	values, err := parseForm(w, r)
	if err != nil {
		return err
	}
	err = s.Answer(r.Context(), r.PathValue("token"), values.Get("answer"))
	if form, ok := wrongForm(values, err); ok {
		return s.writeQuestion(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil && !isLate(err) && pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	if err == nil {
		ui.Leave(w, r, ui.Note{Text: "Thank you. Your answer is with us."})
	}
	return seeOther(w, r, "/answer/"+url.PathEscape(r.PathValue("token")))
}

// A claimPage is the page of a link to a key, before it shows it.
type claimPage struct {
	Title, Email, Path string
	State              ClaimState
	Until, Shown       time.Time
}

func (s *Service) showClaim(w http.ResponseWriter, r *http.Request) error {
	c, req, state, err := s.Claim(r.Context(), r.PathValue("token"))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This link is not valid. It may be incomplete: open the one in the mail."}
	}
	if err != nil {
		return err
	}
	titles := map[ClaimState]string{
		ClaimReady: "Your key is ready", ClaimShown: "This key was shown", ClaimExpired: "This link has expired", ClaimReplaced: "There is a newer link",
	}
	return s.pages.Page(w, r, http.StatusOK, Set+"/claim", claimPage{
		Title: titles[state], Email: hideAddress(req.Email), Path: r.URL.EscapedPath(), State: state, Until: c.Until, Shown: c.Shown,
	})
}

// hideAddress leaves enough of an address for its owner to know it: whoever has a link need not know whose it is.
func hideAddress(email string) string {
	local, host, _ := strings.Cut(email, "@")
	return local[:min(1, len(local))] + "…@" + host
}

// A keyPage shows a key, and what to do with it.
type keyPage struct{ Key, Shell, PowerShell, Desktop, Curl ui.Copy }

func (s *Service) reveal(w http.ResponseWriter, r *http.Request) error {
	key, _, err := s.Reveal(r.Context(), r.PathValue("token"))
	if isLate(err) {
		return seeOther(w, r, "/claim/"+url.PathEscape(r.PathValue("token"))) // which says why
	}
	if err != nil {
		return err
	}
	page, err := keyPageOf(s.opts.PublicURL, key.Reveal())
	if err != nil {
		return err
	}
	return s.pages.Page(w, r, http.StatusOK, Set+"/key", page)
}

// desktopEntry is how Claude Desktop starts mcp-client.
type desktopEntry struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
}

func keyPageOf(server, key string) (keyPage, error) {
	entry := map[string]map[string]desktopEntry{"mcpServers": {"pierre": {"mcp-client", []string{"--url", server}, map[string]string{"PIERRE_AUTH_KEY": key}}}}
	desktop, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return keyPage{}, fmt.Errorf("writing the entry of Claude Desktop: %w", err)
	}
	return keyPage{
		Key:        ui.Copy{ID: "key", Text: key},
		Shell:      ui.Copy{ID: "shell", Text: "curl -fsSL " + server + "/install.sh | PIERRE_AUTH_KEY=" + key + " sh"},
		PowerShell: ui.Copy{ID: "powershell", Text: "$env:PIERRE_AUTH_KEY = '" + key + "'; irm " + server + "/install.ps1 | iex"},
		Desktop:    ui.Copy{ID: "desktop", Text: string(desktop)},
		Curl: ui.Copy{ID: "curl", Text: "curl " + server + "/ -H 'Authorization: Bearer " + key + "' \\\n  -H 'Content-Type: application/json' \\\n" +
			`  -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_activities","arguments":{}}}'`},
	}, nil
}

func (s *Service) claimAgain(w http.ResponseWriter, r *http.Request) error {
	_, req, _, err := s.Claim(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := s.NewClaim(r.Context(), req.ID, ""); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "A new link is on its way to " + hideAddress(req.Email) + "."})
	return seeOther(w, r, "/claim/"+url.PathEscape(r.PathValue("token")))
}
