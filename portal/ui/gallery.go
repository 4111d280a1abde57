package ui

import (
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/portal/route"
)

// A Copy is text to be copied as a whole, such as a command. The button appears where scripts run.
type Copy struct{ ID, Text string }

// Program reports whether the text has lines of its own, which are not wrapped.
func (c Copy) Program() bool { return strings.Contains(c.Text, "\n") }

// Routes returns the static files and, in development mode, the page of all components.
func (u *Renderer) Routes() []route.Route {
	routes := []route.Route{{Pattern: "GET " + StaticPath + "{file...}", Role: route.Public, Handler: u.Static}}
	if u.opts.Development {
		routes = append(routes, route.Route{Pattern: "GET /components", Role: route.Public, Handler: u.components})
	}
	return routes
}

func (u *Renderer) components(w http.ResponseWriter, r *http.Request) error {
	now := u.opts.Now()
	type row struct {
		Name, Email string
		Badge       Badge
		Bar         Bar
		Calls       int64
		Made        time.Time
	}
	return u.Page(w, r, http.StatusOK, "ui/components", struct {
		Badges  []Badge
		Stats   []Stat
		Form    Form
		Choices []Choice
		Rows    []row
		Pages   Pages
		Chart   Chart
		Copy    Copy
	}{
		Badges: []Badge{{"Active", "good"}, {"Expires soon", "warn"}, {"Revoked", "bad"}, {"Trial", "info"}, {"Starter", ""}},
		Stats: []Stat{
			{Label: "Calls today", Value: human.Count(12481), Note: "usual by now: 11,900"},
			{Label: "Failed", Value: Percent(0.004), Note: "usual: 0.5 %"},
			{Label: "p95", Value: Milliseconds(181), Tone: "good", Note: "usual: 190 ms"},
			{Label: "Refused", Value: human.Count(310), Tone: "warn", Note: "usual: 12"},
		},
		Form:    Form{Values: url.Values{"email": {"ana@club"}, "tier": {"starter"}}, Errors: map[string]string{"email": "This is not an e-mail address."}},
		Choices: []Choice{{"trial", "Trial", "1,000 calls per month"}, {"starter", "Starter", "10,000 calls per month · 19.00 EUR per month"}},
		Rows: []row{
			{"Club app", "ana@club.example", Badge{"Active", "good"}, Bar{Used: 31, Of: 100}, 3120, now.AddDate(0, -2, 0)},
			{"A key whose name is as long as a name of a key may be, which is rather long", "a-very-long-address@subdomain.of-a-company.example", Badge{"Expires soon", "warn"}, Bar{Used: 82, Of: 100}, 8210, now.AddDate(0, -1, 0)},
			{"<script>alert(1)</script>", "x@y.example", Badge{"Revoked", "bad"}, Bar{Used: 100, Of: 100}, 1234567, now.AddDate(-1, 0, 0)},
		},
		Pages: Pages{Next: "?cursor=x", Shown: "3 keys on this page"},
		Chart: sampleChart(now),
		Copy:  Copy{"sample", "curl -H 'Authorization: Bearer …' https://mcp.example.com/mcp"},
	})
}

func sampleChart(now time.Time) Chart {
	c := Chart{ID: "calls", Title: "Calls", Kind: "bars", Unit: "calls", Lines: []Line{{Name: "Succeeded", Tone: "accent"}, {Name: "Failed", Tone: "bad"}}}
	for day := range 30 {
		c.At = append(c.At, now.AddDate(0, 0, day-30).Truncate(24*time.Hour))
		height := 100 + 60*math.Sin(float64(day)/2)
		c.Lines[0].Values = append(c.Lines[0].Values, &height)
		c.Lines[1].Values = append(c.Lines[1].Values, new(height/12))
	}
	return c
}
