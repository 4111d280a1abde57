package alerts

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

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
	if _, err := web.Form(w, r, maxForm); err != nil {
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
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	if err := p.db.DeleteRule(r.Context(), r.PostFormValue("id")); err != nil {
		return err
	}
	return done(w, r, alertsPath, "The rule was deleted.")
}
