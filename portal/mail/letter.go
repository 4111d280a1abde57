package mail

import (
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"
)

// width is how wide plain text is broken; addresses are not broken.
const width = 72

// A letter is a mail before it is written as text and as HTML. Both have all of it.
type letter struct {
	subject string
	preview string // what a list of mails shows after the subject
	heading string
	parts   []part
	why     string // why the reader gets it
}

// A part is one of a paragraph, a button, facts, a quotation, a key and a bar.
type part struct {
	Text   string
	Button *button
	Facts  []fact
	Quote  []string // lines
	Code   string
	Bar    *bar
}

type button struct{ Label, URL string }

type fact struct{ Name, Value string }

// A bar shows how much of something is used.
type bar struct {
	Percent int64 // of what there is; may be above 100
	Left    int64 // what is not used
	Label   string
}

func paragraph(format string, args ...any) part { return part{Text: fmt.Sprintf(format, args...)} }

func press(label, url string) part { return part{Button: &button{label, url}} }

func facts(namesAndValues ...string) part {
	var p part
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		if v := line(namesAndValues[i+1], maxSubject); v != "" {
			p.Facts = append(p.Facts, fact{namesAndValues[i], v})
		}
	}
	return p
}

func quote(text string) part { return part{Quote: strings.Split(lines(text), "\n")} }

func barOf(percent int64, label string) part {
	const all = 100
	return part{Bar: &bar{Percent: min(max(percent, 0), all), Left: all - min(max(percent, 0), all), Label: label}}
}

//go:embed letter.html
var letterHTML string

// page is what the HTML is made of.
type page struct {
	Texts

	Picture, Preview, Heading, Why string
	Parts                          []part
}

// write makes a message of a letter.
func (t Texts) write(kind Kind, to string, l letter) (Message, error) {
	t, l = t.clean(), l.clean()
	form, err := template.New("letter").Parse(letterHTML)
	if err != nil {
		return Message{}, fmt.Errorf("reading the form of mails: %w", err)
	}
	var html strings.Builder
	if err := form.Execute(&html, page{t, t.picture(), l.preview, l.heading, l.why, l.parts}); err != nil {
		return Message{}, fmt.Errorf("writing the mail %s: %w", kind, err)
	}
	return Message{Kind: kind, To: to, Subject: l.subject, Text: t.text(l), HTML: html.String()}.check()
}

// clean makes one line of each text in which there may be what somebody typed.
func (l letter) clean() letter {
	l.preview, l.heading, l.why = line(l.preview, maxBody), line(l.heading, maxBody), line(l.why, maxBody)
	l.parts = slices.Clone(l.parts)
	for i, p := range l.parts {
		l.parts[i].Text = line(p.Text, maxBody)
		l.parts[i].Facts = slices.Clone(p.Facts)
		for n := range p.Facts {
			l.parts[i].Facts[n].Name = line(p.Facts[n].Name, maxSubject)
		}
	}
	return l
}

func (t Texts) text(l letter) string {
	var b strings.Builder
	b.WriteString(wrap(l.heading) + "\n\n")
	for _, p := range l.parts {
		b.WriteString(p.text())
	}
	b.WriteString("-- \n" + t.Operator + "\n" + t.BaseURL + "\n")
	if t.Support != "" {
		b.WriteString("Questions? Write to " + t.Support + "\n")
	}
	b.WriteString("\n" + wrap(l.why) + "\n")
	return b.String()
}

func (p part) text() string {
	switch {
	case p.Button != nil:
		return p.Button.Label + ":\n" + p.Button.URL + "\n\n"
	case p.Bar != nil:
		const cells, all = 20, 100
		full := int(p.Bar.Percent * cells / all)
		return "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "] " + p.Bar.Label + "\n\n"
	case p.Code != "":
		return "    " + p.Code + "\n\n"
	case p.Quote != nil:
		var b strings.Builder
		for _, l := range p.Quote {
			b.WriteString("> " + strings.ReplaceAll(wrapTo(l, width-len("> ")), "\n", "\n> ") + "\n")
		}
		return b.String() + "\n"
	case p.Facts != nil:
		longest := 0
		for _, f := range p.Facts {
			longest = max(longest, utf8.RuneCountInString(f.Name))
		}
		var b strings.Builder
		for _, f := range p.Facts {
			fmt.Fprintf(&b, "  %-*s  %s\n", longest, f.Name, f.Value)
		}
		return b.String() + "\n"
	default:
		return wrap(p.Text) + "\n\n"
	}
}

func wrap(text string) string { return wrapTo(text, width) }

// wrapTo breaks lines between words.
func wrapTo(text string, columns int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > columns:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// Texts write the site's mails for its operator.
type Texts struct {
	Operator string // the operator's name
	BaseURL  string // where all links begin: an origin, from the configuration and never from a request
	Support  string // e-mail address for questions; may be empty
	Accent   string // the colour of buttons, #rrggbb; "": the site's own
	Logo     string // the path of the operator's logo on the site, which stands for the name at the top of the HTML; "": none
}

func (t Texts) clean() Texts {
	const longest = 100
	t.Operator, t.Support = line(t.Operator, longest), line(t.Support, maxSubject)
	t.BaseURL = strings.TrimRight(t.BaseURL, "/")
	if !isColour(t.Accent) {
		t.Accent = "#3b5bdb"
	}
	return t
}

// picture returns the address of the logo, "" if there is none.
func (t Texts) picture() string {
	if !strings.HasPrefix(t.Logo, "/") {
		return ""
	}
	return t.BaseURL + t.Logo
}

func isColour(text string) bool {
	const length = 7
	if len(text) != length || text[0] != '#' {
		return false
	}
	return strings.Trim(text[1:], "0123456789abcdefABCDEF") == ""
}
