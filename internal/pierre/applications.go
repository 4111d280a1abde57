package pierre

import (
	"encoding/base64"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// HeaderAthlete names, in a request that comes with an application's key, the athlete whose data the request is about.
const HeaderAthlete = "X-Pierre-Athlete"

// maxAthleteName is in characters.
const maxAthleteName = 128

// The form of a header's value that is more than plain ASCII, as the Model Context Protocol has it (revision 2026-07-28,
// Streamable HTTP, "Value encoding"): base64 of UTF-8.
const (
	encodedPrefix = "=?base64?"
	encodedSuffix = "?="
)

// An AthleteName is what a customer's application calls one of its athletes: an id of its own, which means nothing to
// anybody else. Names are compared byte by byte.
type AthleteName string

// ParseAthleteName takes 1 to 128 printable characters without spaces around them. "." and ".." are none: they would have
// another meaning in a URL's path. Its error is [KindInvalid] about the field.
func ParseAthleteName(field, text string) (AthleteName, error) {
	ok := text != "" && len(text) <= utf8.UTFMax*maxAthleteName && utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxAthleteName &&
		text == strings.TrimSpace(text) && text != "." && text != ".." &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
	if !ok {
		return "", Invalid(field, "%s must be 1 to 128 printable characters in UTF-8, without spaces around them, and neither . nor ..: the id by which your application knows the athlete.", field)
	}
	return AthleteName(text), nil
}

// AthleteFromHeader returns the name in the values of the header, "" if there is none. Its errors are [KindMalformed].
func AthleteFromHeader(values []string) (AthleteName, error) {
	switch len(values) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", &Error{Kind: KindMalformed, Field: HeaderAthlete, Msg: "The request carries more than one header " + HeaderAthlete + "; send one."}
	}
	text := values[0]
	if inner, ok := strings.CutPrefix(text, encodedPrefix); ok {
		inner, closed := strings.CutSuffix(inner, encodedSuffix)
		decoded, err := base64.StdEncoding.Strict().DecodeString(inner)
		if err != nil || !closed || strings.ContainsAny(inner, "\r\n") { // which the decoder skips
			return "", &Error{Kind: KindMalformed, Field: HeaderAthlete, Msg: HeaderAthlete + " begins with =?base64? and must go on with base64, and end with ?=."}
		}
		text = string(decoded)
	}
	name, err := ParseAthleteName(HeaderAthlete, text)
	if err != nil {
		return "", &Error{
			Kind: KindMalformed, Field: HeaderAthlete,
			Msg: MessageOf(err, "") + " Send characters outside of ASCII as =?base64?…?=, which is base64 of UTF-8.",
		}
	}
	return name, nil
}

// HeaderValue returns the value of the header that names n.
func (n AthleteName) HeaderValue() string {
	text := string(n)
	outside := func(r rune) bool { return r < ' ' || r > '~' }
	if strings.HasPrefix(text, encodedPrefix) || strings.ContainsFunc(text, outside) {
		return encodedPrefix + base64.StdEncoding.EncodeToString([]byte(text)) + encodedSuffix
	}
	return text
}

// An Athlete is a user that a customer's application made: it has activities and a profile, and neither an e-mail address
// nor keys.
type Athlete struct {
	ID           UserID
	Name         AthleteName
	Created      time.Time
	Activities   int
	LastActivity time.Time // the start of the newest activity; zero: there is none
}

// An AthleteQuery says which athletes are wanted, those that were made last first.
type AthleteQuery struct {
	Customer UserID
	Limit    int    // at most so many
	Cursor   string // NextCursor of the page before, "" for the first page
}

// An AthletePage is a page of athletes.
type AthletePage struct {
	Athletes   []Athlete
	NextCursor string // "" on the last page
}
