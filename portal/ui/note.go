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
	http.SetCookie(w, &http.Cookie{
		Name: noteCookie, Value: url.QueryEscape(value), Path: "/", MaxAge: noteSeconds,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}

// takeNote returns the note that was left, which ends.
func takeNote(w http.ResponseWriter, r *http.Request) Note {
	c, err := r.Cookie(noteCookie)
	if err != nil {
		return Note{}
	}
	http.SetCookie(w, &http.Cookie{Name: noteCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
	value, err := url.QueryUnescape(c.Value)
	if err != nil || len(value) < 2 || !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxNote+1 {
		return Note{}
	}
	return Note{Text: value[1:], Bad: value[0] == '-'}
}
