package alerts

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

//go:embed templates
var templates embed.FS

// Templates are the pages' templates, the set "alerts" of the renderer.
func Templates() (fs.FS, error) { return fs.Sub(templates, "templates") }

// A Renderer writes pages; package ui has one.
type Renderer interface {
	Page(w http.ResponseWriter, r *http.Request, status int, name string, data any) error
}

// Pages are what staff see of alerts and of mails that were not delivered.
type Pages struct {
	*Watch

	pages Renderer
}

// NewPages returns the pages of a Watch.
func NewPages(w *Watch, pages Renderer) *Pages { return &Pages{w, pages} }

// Routes returns the pages.
func (p *Pages) Routes() []route.Route {
	return []route.Route{
		{Pattern: "GET /admin/alerts", Role: route.Viewer, Handler: p.list},
		{Pattern: "POST /admin/alerts/{id}/acknowledge", Role: route.Approver, Handler: p.acknowledge},
		{Pattern: "POST /admin/alerts/snooze", Role: route.Approver, Handler: p.snooze},
		{Pattern: "GET /admin/alerts/rule", Role: route.Viewer, Handler: p.rulePage},
		{Pattern: "POST /admin/alerts/rule", Role: route.Admin, Handler: p.saveRule},
		{Pattern: "POST /admin/alerts/rule/delete", Role: route.Admin, Handler: p.deleteRule},
		{Pattern: "GET /admin/alerts/channel", Role: route.Viewer, Handler: p.channelPage},
		{Pattern: "POST /admin/alerts/channel", Role: route.Admin, Handler: p.addChannel},
		{Pattern: "POST /admin/alerts/channel/{id}/test", Role: route.Admin, Handler: p.change(p.test)},
		{Pattern: "POST /admin/alerts/channel/{id}/replay", Role: route.Admin, Handler: p.change(p.replay)},
		{Pattern: "POST /admin/alerts/channel/{id}/resume", Role: route.Admin, Handler: p.change(p.resume)},
		{Pattern: "POST /admin/alerts/channel/{id}/delete", Role: route.Admin, Handler: p.change(p.remove)},
		{Pattern: "GET /admin/alerts/mail", Role: route.Viewer, Handler: p.mailPage},
		{Pattern: "POST /admin/alerts/mail/{id}/again", Role: route.Approver, Handler: p.sendAgain},
	}
}

type listData struct {
	Open, Past []db.Alert
	Rules      []ruleRow
	Channels   []db.Channel
	Mail       mail.List
	Form       ui.Form
	Hours      []ui.Choice
	Now        time.Time
}

// A ruleRow is a rule as people read it.
type ruleRow struct {
	db.Rule

	Says     string
	About    string
	Channel  string
	Snoozing bool
}

const shownPast = 50

func (p *Pages) list(w http.ResponseWriter, r *http.Request) (err error) {
	d := listData{Now: p.opts.Now(), Hours: []ui.Choice{{Value: "1", Text: "1 hour"}, {Value: "4", Text: "4 hours"}, {Value: "24", Text: "1 day"}, {Value: "0", Text: "not any more"}}}
	ctx := r.Context()
	if d.Open, err = p.db.OpenAlerts(ctx, ""); err != nil {
		return err
	}
	if d.Past, err = p.db.PastAlerts(ctx, shownPast); err != nil {
		return err
	}
	if d.Channels, err = p.db.Channels(ctx); err != nil {
		return err
	}
	if d.Mail, err = p.outbox.List(ctx); err != nil {
		return err
	}
	rules, err := p.db.Rules(ctx)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		d.Rules = append(d.Rules, rowOf(rule, d.Channels, d.Now))
	}
	return p.pages.Page(w, r, http.StatusOK, "alerts/alerts", d)
}

func rowOf(r db.Rule, channels []db.Channel, now time.Time) ruleRow {
	row := ruleRow{Rule: r, About: about(r), Channel: "shown here only", Snoozing: now.Before(r.Snoozed)}
	if i := slices.IndexFunc(channels, func(c db.Channel) bool { return c.ID == r.Channel }); i >= 0 {
		row.Channel = channels[i].Name
	}
	c, _ := conditionOf(r.Condition)
	row.Says = c.Label
	if c.Most > 0 || c.Choices != nil {
		row.Says = ui.Number(r.Threshold) + " " + c.Label
	}
	if c.Window {
		row.Says += ", within " + strconv.FormatInt(int64(r.Window/time.Minute), 10) + " minutes"
	}
	return row
}

func person(r *http.Request) string {
	p, _ := route.PersonFrom(r.Context())
	return p.Email
}

const maxForm = 32 << 10

func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The form could not be read; it is damaged or too long.", Err: err}
	}
	return nil
}

// done leads back to a page after a change.
func done(w http.ResponseWriter, r *http.Request, path, note string) error {
	ui.Leave(w, r, ui.Note{Text: note})
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

func (p *Pages) acknowledge(w http.ResponseWriter, r *http.Request) error {
	if err := p.db.TakeAlert(r.Context(), r.PathValue("id"), person(r), p.opts.Now()); err != nil {
		return err
	}
	return done(w, r, alertsPath, "You look after this alert.")
}

// snooze makes a rule, or all of them, tell nobody for some hours.
func (p *Pages) snooze(w http.ResponseWriter, r *http.Request) error {
	const most = 24 * 14
	if err := form(w, r); err != nil {
		return err
	}
	hours, err := strconv.ParseInt(r.PostFormValue("hours"), 10, 32)
	if err != nil || hours < 0 || hours > most {
		return pierre.Invalid("hours", "Choose for how many hours, at most %d.", most)
	}
	until, note := time.Time{}, "Alerts are told again."
	if hours > 0 {
		until = p.opts.Now().Add(time.Duration(hours) * time.Hour)
		note = "Nobody is told until " + until.UTC().Format("2 January, 15:04 MST") + "."
	}
	if err := p.db.SnoozeRules(r.Context(), r.PostFormValue("rule"), until); err != nil {
		return err
	}
	return done(w, r, alertsPath, note)
}

type ruleData struct {
	Rule       db.Rule
	Form       ui.Form
	Conditions []ui.Choice
	Scopes     []ui.Choice
	Channels   []ui.Choice
}

func (p *Pages) rulePage(w http.ResponseWriter, r *http.Request) error {
	d := ruleData{Form: ui.Form{Values: url.Values{"condition": {"limit"}, "threshold": {"90"}, "window": {"15"}, "scope": {"all"}}}}
	if id := r.URL.Query().Get("id"); id != "" {
		rule, err := p.db.Rule(r.Context(), id)
		if err != nil {
			return err
		}
		d.Rule = rule
		d.Form.Values = url.Values{
			"name": {rule.Name}, "scope": {rule.Scope}, "target": {rule.Target}, "condition": {rule.Condition}, "channel": {rule.Channel},
			"threshold": {strconv.FormatInt(rule.Threshold, 10)}, "window": {strconv.FormatInt(int64(rule.Window/time.Minute), 10)},
		}
	}
	return p.showRule(w, r, http.StatusOK, d)
}

func (p *Pages) showRule(w http.ResponseWriter, r *http.Request, status int, d ruleData) error {
	channels, err := p.db.Channels(r.Context())
	if err != nil {
		return err
	}
	d.Channels = []ui.Choice{{Value: "", Text: "nowhere, it is shown on this site"}}
	for _, c := range channels {
		d.Channels = append(d.Channels, ui.Choice{Value: c.ID, Text: c.Name})
	}
	for _, c := range Conditions() {
		d.Conditions = append(d.Conditions, ui.Choice{Value: c.Name, Text: c.Label})
	}
	d.Scopes = []ui.Choice{{Value: "all", Text: "everything"}, {Value: "tier", Text: "a tier"}, {Value: "customer", Text: "a customer"}, {Value: "key", Text: "a key"}}
	return p.pages.Page(w, r, status, "alerts/rule", d)
}

func (p *Pages) saveRule(w http.ResponseWriter, r *http.Request) error {
	if err := form(w, r); err != nil {
		return err
	}
	rule, wrong := ruleOf(r.PostForm)
	rule.Made = p.opts.Now()
	if rule.ID == "" {
		rule.ID = "rule_" + strings.ToLower(rand.Text())
	} else if _, err := p.db.Rule(r.Context(), rule.ID); err != nil {
		return err
	}
	if rule.Channel != "" {
		if _, err := p.db.Channel(r.Context(), rule.Channel); err != nil {
			wrong["channel"] = "Choose one of the channels."
		}
	}
	if len(wrong) > 0 {
		return p.showRule(w, r, http.StatusUnprocessableEntity, ruleData{Rule: rule, Form: ui.Form{Values: r.PostForm, Errors: wrong}})
	}
	if err := p.db.PutRule(r.Context(), rule); err != nil {
		return err
	}
	return done(w, r, alertsPath, "The rule was saved. It is looked at within a minute.")
}

// ruleOf reads a rule, and says by field what is wrong with it.
func ruleOf(v url.Values) (r db.Rule, wrong map[string]string) {
	const maxName, maxTarget, maxWindow = 100, 64, 24 * 60
	wrong = map[string]string{}
	r = db.Rule{ID: v.Get("id"), Name: strings.TrimSpace(v.Get("name")), Scope: v.Get("scope"), Target: strings.TrimSpace(v.Get("target")), Condition: v.Get("condition"), Channel: v.Get("channel")}
	if r.Name == "" || len([]rune(r.Name)) > maxName || !pierre.OneLine(r.Name) {
		wrong["name"] = fmt.Sprintf("Give the rule a name of at most %d characters.", maxName)
	}
	if !slices.Contains([]string{"all", "tier", "customer", "key"}, r.Scope) {
		wrong["scope"] = "Choose what the rule is about."
	}
	if r.Scope == "all" {
		r.Target = ""
	} else if r.Target == "" || len(r.Target) > maxTarget || !pierre.OneLine(r.Target) {
		wrong["target"] = "Name the tier, or give the id of the customer or the key."
	}
	c, ok := conditionOf(r.Condition)
	if !ok {
		wrong["condition"] = "Choose what the rule looks for."
		return r, wrong
	}
	if c.Most > 0 || c.Choices != nil {
		var err error
		if r.Threshold, err = strconv.ParseInt(v.Get("threshold"), 10, 64); err != nil || !c.takes(r.Threshold) {
			wrong["threshold"] = c.allowed()
		}
	}
	if c.Window {
		minutes, err := strconv.ParseInt(v.Get("window"), 10, 64)
		if err != nil || minutes < 1 || minutes > maxWindow {
			wrong["window"] = fmt.Sprintf("The window has 1 to %d minutes.", maxWindow)
		}
		r.Window = time.Duration(minutes) * time.Minute
	}
	return r, wrong
}

// takes reports whether a threshold is one of the condition's.
func (c Condition) takes(threshold int64) bool {
	if c.Choices != nil {
		return slices.Contains(c.Choices, threshold)
	}
	return threshold >= c.Least && threshold <= c.Most
}

// allowed says which thresholds there are.
func (c Condition) allowed() string {
	if c.Choices == nil {
		return fmt.Sprintf("Enter a number from %d to %d: %s.", c.Least, c.Most, c.Label)
	}
	var list []string
	for _, n := range c.Choices {
		list = append(list, strconv.FormatInt(n, 10))
	}
	return "Enter one of " + strings.Join(list, ", ") + ": " + c.Label + "."
}

func (p *Pages) deleteRule(w http.ResponseWriter, r *http.Request) error {
	if err := form(w, r); err != nil {
		return err
	}
	if err := p.db.DeleteRule(r.Context(), r.PostFormValue("id")); err != nil {
		return err
	}
	return done(w, r, alertsPath, "The rule was deleted.")
}

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
	if err := form(w, r); err != nil {
		return err
	}
	c := db.Channel{ID: "channel_" + strings.ToLower(rand.Text()), Kind: r.PostFormValue("kind"), Name: strings.TrimSpace(r.PostFormValue("name")), Made: p.opts.Now()}
	wrong := map[string]string{}
	if c.Name == "" || len([]rune(c.Name)) > maxName || !pierre.OneLine(c.Name) {
		wrong["name"] = fmt.Sprintf("Give the channel a name of at most %d characters.", maxName)
	}
	secret, why := p.aim(&c, strings.TrimSpace(r.PostFormValue("target")))
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

// aim sets where a channel goes, and returns the secret of a new webhook, or what is wrong with the target.
func (p *Pages) aim(c *db.Channel, target string) (secret, wrong string) {
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
		if err := form(w, r); err != nil {
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

func (p *Pages) mailPage(w http.ResponseWriter, r *http.Request) error {
	l, err := p.outbox.List(r.Context())
	if err != nil {
		return err
	}
	return p.pages.Page(w, r, http.StatusOK, "alerts/mail", l)
}

func (p *Pages) sendAgain(w http.ResponseWriter, r *http.Request) error {
	if err := p.outbox.SendAgain(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return done(w, r, "/admin/alerts/mail", "The mail is sent again.")
}

// Open returns how many alerts are open, for the overview.
func (w *Watch) Open(ctx context.Context) (int64, error) { return w.db.CountOpenAlerts(ctx) }
