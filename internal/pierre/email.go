package pierre

import (
	"strings"
)

const (
	maxEmail      = 254 // bytes; RFC 5321, section 4.5.3.1, less the brackets of a path
	maxEmailLocal = 64  // before the @
	maxLabel      = 63  // of a host name; RFC 1035
)

// NormalizeEmail returns the form of an e-mail address under which users are kept: ASCII letters in lower case, spaces
// around it gone, and nothing else changed. Only plain addresses are taken: a dot-atom, an @ and a host name, in ASCII.
// No letter outside ASCII is folded into one of them, so that two addresses which mail tells apart never meet in one user.
func NormalizeEmail(address string) (string, error) {
	address = strings.Trim(address, " ")
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(address) > maxEmail || len(local) > maxEmailLocal || !dotAtom(local) || !hostName(domain) {
		return "", Invalid("user_email", "user_email must be one plain e-mail address in ASCII, such as ana@example.com, without a name or quotes.")
	}
	return lowerASCII(address), nil
}

// dotAtom reports whether s is what stands before the @ of a plain address (RFC 5322, section 3.2.3).
func dotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(c rune) bool { return !letterOrDigit(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", c) }) {
			return false
		}
	}
	return true
}

// hostName reports whether s is a host name. One label is enough: networks of their own have such names.
func hostName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(c rune) bool { return !letterOrDigit(c) && c != '-' }) {
			return false
		}
	}
	return true
}

func letterOrDigit(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func lowerASCII(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}, s)
}
