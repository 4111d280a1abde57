package food

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	mostWords    = 40 // of a description that are searched
	mostWordSize = 32 // bytes of one of them
)

// wordsOf returns the words of a text in the form in which they are compared: without case, accents and plural, and without those
// that say nothing. There are at most so many.
func wordsOf(text string, most int) []string {
	var words []string
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && !unicode.Is(unicode.Mn, r)
	}) {
		if len(words) == most {
			break
		}
		if w := word(field); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// word returns a word as it is compared, "" if it says nothing.
func word(field string) string {
	if len(field) > 4*mostWordSize {
		return ""
	}
	w := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) { // accents, apostrophes, and what else a letter is made of
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(field))
	if len(w) > mostWordSize {
		return ""
	}
	switch w {
	case "a", "an", "and", "by", "for", "from", "in", "inc", "llc", "ltd", "of", "or", "s", "the", "to", "with":
		return ""
	}
	w = singular(w)
	if american, ok := british[w]; ok {
		return american
	}
	return w
}

// british are words that FoodData Central knows by another one.
var british = map[string]string{ //nolint:gochecknoglobals // it never changes
	"yoghurt": "yogurt", "courgette": "zucchini", "aubergine": "eggplant", "beetroot": "beet", "prawn": "shrimp",
	"fibre": "fiber", "flavoured": "flavored", "chilli": "chili", "porridge": "oatmeal",
}

// singular takes off what makes a plural: the S-stemmer of Harman (How effective is suffixing?, JASIS 42, 1991), with the ends -oes
// and -ches of potatoes and peaches, and one form for -y, -ie and -ies.
func singular(w string) string {
	cut := func(n int) string { return w[:len(w)-n] }
	switch {
	case len(w) < 4:
		return w
	case len(w) > 4 && strings.HasSuffix(w, "ies") && !hasAnySuffix(w, "eies", "aies"):
		return cut(3) + "y"
	case hasAnySuffix(w, "oes", "ches", "shes", "sses", "xes", "zes"):
		return cut(2)
	case strings.HasSuffix(w, "s") && !hasAnySuffix(w, "us", "ss", "aes", "ees"):
		return cut(1)
	case strings.HasSuffix(w, "ie"):
		return cut(2) + "y"
	}
	return w
}

func hasAnySuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}
