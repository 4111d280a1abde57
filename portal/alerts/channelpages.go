package alerts

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

type channelData struct {
	Channel    db.Channel
	Deliveries []db.Delivery
	Form       ui.Form
	Kinds      []ui.Choice
	Secret     *ui.Copy // shown once; nil: there is none, or it was shown
}

func (p *Pages) channelPage(w http.ResponseWriter, r *http.Request) (err error) {
	var d channelData
	if id := r.URL.Query().Get("id"); id != "" {
		if d.Channel, err = p.db.Channel(r.Context(), id); err != nil {
			return err
		}
		if d.Deliveries, err = p.db.Deliveries(r.Context(), id, shownPast); err != nil {
			return err
		}
	}
	return p.showChannel(w, r, http.StatusOK, d)
}

func (p *Pages) showChannel(w http.ResponseWriter, r *http.Request, status int, d channelData) error {
	d.Kinds = []ui.Choice{{Value: "mail", Text: "mail"}, {Value: "webhook", Text: "signed webhook"}, {Value: "slack", Text: "Slack, or what takes the same text"}}
	return p.pages.Page(w, r, status, "alerts/channel", d)
}

func (p *Pages) addChannel(w http.ResponseWriter, r *http.Request) error {
	const maxName = 60
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	c := db.Channel{ID: "channel_" + strings.ToLower(rand.Text()), Kind: r.PostFormValue("kind"), Name: strings.TrimSpace(r.PostFormValue("name")), Made: p.opts.Now()}
	wrong := map[string]string{}
	if c.Name == "" || len([]rune(c.Name)) > maxName || !pierre.OneLine(c.Name) {
		wrong["name"] = fmt.Sprintf("Give the channel a name of at most %d characters.", maxName)
	}
	secret, why := p.setTarget(&c, strings.TrimSpace(r.PostFormValue("target")))
	if why != "" {
		wrong["target"] = why
	}
	if len(wrong) > 0 {
		return p.showChannel(w, r, http.StatusUnprocessableEntity, channelData{Form: ui.Form{Values: r.PostForm, Errors: wrong}})
	}
	if err := p.db.AddChannel(r.Context(), c); err != nil {
		return err
	}
	if secret == "" {
		return done(w, r, "/admin/alerts/channel?id="+c.ID, "The channel was added. Send a test.")
	}
	w.Header().Set("Cache-Control", "no-store")
	return p.showChannel(w, r, http.StatusOK, channelData{Channel: c, Secret: &ui.Copy{ID: "secret", Text: secret}})
}

// setTarget sets where a channel goes, and returns the secret of a new webhook, or what is wrong with the target.
func (p *Pages) setTarget(c *db.Channel, target string) (secret, wrong string) {
	switch c.Kind {
	case "mail":
		email, err := pierre.NormalizeEmail(target)
		if err != nil {
			return "", "Enter one e-mail address, such as team@example.com."
		}
		c.Target = email
		return "", ""
	case "webhook":
		secret = newSecret()
	case "slack":
	default:
		return "", "Choose a kind of channel."
	}
	if err := p.hooks.checkTarget(target); err != nil {
		return "", pierre.MessageOf(err, "Enter an https URL.")
	}
	plain, err := json.Marshal(Target{target, secret}) //nolint:gosec // it is sealed
	if err != nil {
		return "", "Enter an https URL."
	}
	u, err := url.Parse(target)
	if err != nil {
		return "", "Enter an https URL."
	}
	c.Sealed, c.Target = p.seal.Seal(plain, purposeOf(c.ID)), u.Scheme+"://"+u.Host+"/…" // the path may be a secret
	return secret, ""
}

// change makes a handler of what is done to the channel in the path. do returns what is said of it.
func (p *Pages) change(do func(r *http.Request, channel string) (note string, err error)) route.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := web.Form(w, r, maxForm); err != nil {
			return err
		}
		id := r.PathValue("id")
		if _, err := p.db.Channel(r.Context(), id); err != nil {
			return err
		}
		note, err := do(r, id)
		if err != nil {
			return err
		}
		page := "/admin/alerts/channel?id=" + url.QueryEscape(id)
		if _, err := p.db.Channel(r.Context(), id); pierre.KindOf(err) == pierre.KindNotFound {
			page = alertsPath // it was deleted
		}
		return done(w, r, page, note)
	}
}

func (p *Pages) test(r *http.Request, id string) (string, error) {
	return "A test is on its way.", p.Test(r.Context(), id, person(r))
}

func (p *Pages) replay(r *http.Request, id string) (string, error) {
	return "It is delivered again.", p.db.ReplayDelivery(r.Context(), id, r.PostFormValue("delivery"), p.opts.Now())
}

func (p *Pages) resume(r *http.Request, id string) (string, error) {
	return "The channel goes on.", p.db.StopChannel(r.Context(), id, "")
}

func (p *Pages) remove(r *http.Request, id string) (string, error) {
	return "The channel was deleted. Its rules are shown on this site only.", p.db.DeleteChannel(r.Context(), id)
}
