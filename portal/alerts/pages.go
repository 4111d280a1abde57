package alerts

import (
	"embed"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
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
		row.Says = human.Count(r.Threshold) + " " + c.Label
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
	if _, err := web.Form(w, r, maxForm); err != nil {
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
