package ui

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/portal/route"
)

// A Form is what was typed, and what is wrong with it. The zero Form is an empty one.
type Form struct {
	Values url.Values
	Errors map[string]string // by the field's name: what is wrong, and what to do
}

// Field returns a field of the form with its value and error, a line of text at first.
func (f Form) Field(name, label string) Field {
	return Field{Name: name, Label: label, Value: f.Values.Get(name), Error: f.Errors[name], Kind: "text"}
}

// Wrong reports whether something is wrong.
func (f Form) Wrong() bool { return len(f.Errors) > 0 }

// A Field is an input with its label. Its methods return a changed copy, for templates:
// {{template "field" (((.Form.Field "email" "E-mail").As "email").Must)}}.
type Field struct {
	Name, Label, Value, Error, Hint string
	Kind                            string // of an input, or "textarea", "select" or "options"
	Complete                        string // the autocomplete token
	Placeholder                     string
	Pattern                         string // that the browser holds it to, such as the word that confirms
	Max                             int    // characters; 0: any number. A textarea counts them
	Required                        bool
	Choices                         []Choice
}

// A Choice is an option of a select, or of options.
type Choice struct {
	Value, Text string
	Note        string // below the text of options; "": none
}

// As returns the field with a kind: an input's type, "textarea" or "select".
func (f Field) As(kind string) Field { f.Kind = kind; return f }

// Must returns the field as one that must be filled in.
func (f Field) Must() Field { f.Required = true; return f }

// Help returns the field with a line below it.
func (f Field) Help(text string) Field { f.Hint = text; return f }

// Auto returns the field with an autocomplete token, such as email.
func (f Field) Auto(token string) Field { f.Complete = token; return f }

// Like returns the field with an example of what is typed.
func (f Field) Like(text string) Field { f.Placeholder = text; return f }

// UpTo returns the field with a limit of characters.
func (f Field) UpTo(n int) Field { f.Max = n; return f }

// Type returns the field that accepts one word only, which confirms what cannot be undone.
func (f Field) Type(word string) Field { f.Pattern = literal(word); return f }

// From returns the field as a select of the choices.
func (f Field) From(choices []Choice) Field { f.Kind, f.Choices = "select", choices; return f }

// Among returns the field as options that are all shown, each with what there is to know of it. The first is chosen if none is.
func (f Field) Among(choices []Choice) Field {
	f.Kind, f.Choices = "options", choices
	if !slices.ContainsFunc(choices, func(c Choice) bool { return c.Value == f.Value }) && len(choices) > 0 {
		f.Value = choices[0].Value
	}
	return f
}

// ID is the input's.
func (f Field) ID() string { return "f-" + f.Name }

// Described names the elements that describe the input, for aria-describedby.
func (f Field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// literal returns a pattern of HTML that only text matches. Patterns have the flag v, with which a backslash before anything
// but these is an error, and a browser leaves out a pattern with an error.
func literal(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`\^$.*+?()[]{}|/`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// A Badge is a word with a tone: good, warn, bad, info, or "" for neutral.
type Badge struct{ Text, Tone string }

// A Stat is one figure with its name.
type Stat struct {
	Label, Value string
	Note         string // such as what is usual; "": none
	Tone         string // as a Badge's
}

// Empty says what a list is for while nothing is in it.
type Empty struct{ Icon, Title, Text, Href, Action string }

// A Bar shows how much of a limit is used, or, Plain, how much a part is of the largest.
type Bar struct {
	Used, Of int64
	Plain    bool
}

// Width is the filled part of 100.
func (b Bar) Width() int64 {
	if b.Of <= 0 {
		return 0
	}
	return max(min(100*b.Used/b.Of, 100), 0)
}

// Tone is warn from 75 %, bad from 90 %.
func (b Bar) Tone() string {
	switch w := b.Width(); {
	case b.Plain:
	case w >= 90:
		return "bad"
	case w >= 75:
		return "warn"
	}
	return ""
}

// Pages lead through a long list.
type Pages struct {
	First string // "": this is the first page
	Next  string // "": this is the last page
	Shown string // such as "50 keys on this page"
	Of    string // the list, where a page has several; "": the page's one
}

// PagesOf returns links that keep the other parameters of r: next is the cursor of the next page, "" if there is none.
func PagesOf(r *http.Request, next, shown string) Pages { return pagesBy(r, "cursor", "", next, shown) }

// PagesIn returns the links of one of several lists of a page: name is the parameter that has its cursor, and its id.
func PagesIn(r *http.Request, name, next, shown string) Pages {
	p := pagesBy(r, name, "#"+name, next, shown)
	p.Of = name
	return p
}

func pagesBy(r *http.Request, name, place, next, shown string) Pages {
	p := Pages{Shown: shown}
	q := r.URL.Query()
	if q.Get(name) != "" {
		q.Del(name)
		p.First = "?" + q.Encode() + place
	}
	if next != "" {
		q.Set(name, next)
		p.Next = "?" + q.Encode() + place
	}
	return p
}

// A Sort is the head of a column that a list can be sorted by.
type Sort struct {
	Text, Href, Icon string
	State            string // ascending, descending or none, for aria-sort
}

// SortOf returns the head of the column that a list is sorted by with the parameter sort: name, or -name for the other way.
func SortOf(r *http.Request, name, text string) Sort {
	q := r.URL.Query()
	s, now := Sort{Text: text, State: "none"}, q.Get("sort")
	q.Del("cursor")
	switch now {
	case name:
		s.State, s.Icon = "ascending", "up"
		q.Set("sort", "-"+name)
	case "-" + name:
		s.State, s.Icon = "descending", "down"
		q.Set("sort", name)
	default:
		q.Set("sort", "-"+name)
	}
	s.Href = "?" + q.Encode()
	return s
}

// A NavItem is a link of a layout's navigation.
type NavItem struct {
	Text, Href, Icon string
	Current          bool
}

// staffNav returns the sections that a person may see.
func staffNav(path string, p route.Person) []NavItem {
	sections := []struct {
		NavItem

		who route.Role
	}{
		{NavItem{Text: "Overview", Href: "/admin", Icon: "home"}, route.Viewer},
		{NavItem{Text: "Requests", Href: "/admin/requests", Icon: "inbox"}, route.Viewer},
		{NavItem{Text: "Keys", Href: "/admin/keys", Icon: "key"}, route.Viewer},
		{NavItem{Text: "Customers", Href: "/admin/customers", Icon: "people"}, route.Viewer},
		{NavItem{Text: "Live", Href: "/admin/live", Icon: "pulse"}, route.Viewer},
		{NavItem{Text: "Alerts", Href: "/admin/alerts", Icon: "bell"}, route.Viewer},
		{NavItem{Text: "Billing", Href: "/admin/billing", Icon: "receipt"}, route.Viewer},
		{NavItem{Text: "Tiers", Href: "/admin/tiers", Icon: "layers"}, route.Viewer},
		{NavItem{Text: "Audit log", Href: "/admin/audit", Icon: "list"}, route.Viewer},
		{NavItem{Text: "Team", Href: "/admin/team", Icon: "team"}, route.Viewer},
		{NavItem{Text: "Settings", Href: "/admin/settings", Icon: "gear"}, route.Admin},
	}
	var items []NavItem
	for _, s := range sections {
		if p.May(s.who) {
			s.Current = path == s.Href || s.Href != "/admin" && strings.HasPrefix(path, s.Href+"/")
			items = append(items, s.NavItem)
		}
	}
	return items
}

// icon returns a symbol of the sprite. It says nothing to who does not see it: text stands beside it.
func (u *Renderer) icon(name string) (template.HTML, error) {
	sprite, err := u.static.path("icons.svg")
	if err != nil {
		return "", err
	}
	return template.HTML(fmt.Sprintf(`<svg class="icon" aria-hidden="true" focusable="false"><use href="%s#%s"/></svg>`, //nolint:gosec // both escaped
		sprite, template.HTMLEscapeString(name))), nil
}

func (u *Renderer) funcs() template.FuncMap {
	return template.FuncMap{
		"asset": u.static.path, "icon": u.icon,
		"number": number, "short": Short, "percent": share, "milliseconds": milliseconds,
		"time": formatTime, "date": formatDate, "ago": u.formatAgo, "day": formatDay, "initials": initials, "browser": Browser,
		"staffnav": staffNav,
		"figure":   func(v *float64) string { return figure(*v) },
		"badge":    func(text, tone string) Badge { return Badge{text, tone} },
		"bar":      func(used, of int64) Bar { return Bar{Used: used, Of: of} },
		"empty": func(icon, title, text, href, action string) Empty {
			return Empty{Icon: icon, Title: title, Text: text, Href: href, Action: action}
		},
	}
}
