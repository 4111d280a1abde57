package ui

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// A Note says on the next page what became of the last request.
type Note struct {
	Text string // "": there is none
	Bad  bool   // it failed
}

const (
	noteCookie  = "note"
	noteSeconds = 60
	maxNote     = 300 // characters
)

// Leave leaves a note for the next page, before a redirect. It is shown to this browser, once, and holds no secret.
func Leave(w http.ResponseWriter, r *http.Request, n Note) {
	text := []rune(strings.ToValidUTF8(n.Text, ""))
	value := "+" + string(text[:min(len(text), maxNote)])
	if n.Bad {
		value = "-" + value[1:]
	}
	setNote(w, r, url.QueryEscape(value), noteSeconds)
}

// takeNote returns the note that was left, which ends.
func takeNote(w http.ResponseWriter, r *http.Request) Note {
	c, err := r.Cookie(noteCookie)
	if err != nil {
		return Note{}
	}
	setNote(w, r, "", -1)
	value, err := url.QueryUnescape(c.Value)
	if err != nil || len(value) < 2 || value[0] != '+' && value[0] != '-' || !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxNote+1 {
		return Note{}
	}
	return Note{Text: value[1:], Bad: value[0] == '-'}
}

func setNote(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is no secret, and the site may be on plain HTTP behind a proxy
		Name: noteCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}
