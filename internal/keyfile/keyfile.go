// Package keyfile reads an access key out of text the way people store one: a
// file of an editor or of PowerShell in any of its encodings, a line of a .env
// file, a value with quotes around it. What holds no key is named for what it is.
package keyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Variable is the environment variable of the key, by which it is found among other lines.
const Variable = "PIERRE_AUTH_KEY"

// MaxSize bounds a file with a key, in bytes.
const MaxSize = 64 << 10

// Read returns the key that the file at path holds. Its errors name the file, and never show what is in it.
func Read(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return "", &fs.PathError{Op: "read", Path: path, Err: errors.New("this is a folder, not a file")}
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return "", err
	}
	if len(data) > MaxSize {
		return "", fmt.Errorf("%s is larger than %d kB: it must hold the access key alone", path, MaxSize>>10)
	}
	key, err := Parse(data)
	if err != nil {
		return "", fmt.Errorf("%s %w", path, err)
	}
	if key == "" {
		return "", fmt.Errorf("%s is empty: put the access key into it", path)
	}
	return key, nil
}

// Parse returns the key in data; empty if there is nothing but white space and
// comments. Its errors continue a sentence that begins with the name of the source.
func Parse(data []byte) (string, error) {
	text, err := decode(data)
	if err != nil {
		return "", err
	}
	if err := otherContent(text); err != nil {
		return "", err
	}
	lines := contentLines(text)
	if len(lines) == 0 {
		return "", nil
	}
	line, err := keyLine(lines)
	if err != nil {
		return "", err
	}
	key := unwrap(line)
	if key == "" && strings.Contains(lines[0], "=") {
		return "", errNoValue
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("holds a space or a character that no key has: check that the key was copied whole, and alone")
	}
	return key, nil
}

// decode returns data as text without its byte order mark. Windows PowerShell
// writes UTF-16 with a mark, its Set-Content -Encoding utf8 writes UTF-8 with one.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return "", errors.New("is in UTF-32: save it as UTF-8")
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return fromUTF16(data[2:], false)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fromUTF16(data[2:], true)
	case len(data) >= 2 && data[0] != 0 && data[1] == 0:
		return fromUTF16(data, false)
	case len(data) >= 2 && data[0] == 0 && data[1] != 0:
		return fromUTF16(data, true)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return "", errors.New("holds no text: is this the file with the access key?")
	}
	return string(data), nil
}

func fromUTF16(data []byte, bigEndian bool) (string, error) {
	if len(data)%2 != 0 {
		return "", errors.New("is cut off in the middle of a UTF-16 character: save it as UTF-8")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		low, high := data[2*i], data[2*i+1]
		if bigEndian {
			low, high = high, low
		}
		units[i] = uint16(low) | uint16(high)<<8
	}
	text := string(utf16.Decode(units))
	if strings.ContainsRune(text, 0) {
		return "", errors.New("holds no text: is this the file with the access key?")
	}
	return strings.TrimPrefix(text, "\ufeff"), nil
}

// otherContent names what people take for the file of their key.
func otherContent(text string) error {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "-----BEGIN "):
		return errors.New("holds a certificate or a private key (PEM), not an access key")
	case strings.HasPrefix(text, "{") && json.Valid([]byte(text)), strings.HasPrefix(text, "[") && json.Valid([]byte(text)):
		return errors.New("holds JSON: put the access key alone into it")
	case strings.HasPrefix(text, "<"):
		return errors.New("holds a web page or XML, not an access key")
	}
	return nil
}

// contentLines are the lines of text without comments and blank ones.
func contentLines(text string) []string {
	var lines []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// assignment matches a line that sets a variable in a .env file, a shell, cmd or
// PowerShell. Keys of other servers may end in "=", as base64 does: the value begins with something else.
var assignment = regexp.MustCompile(`^(?:export\s+|set\s+|\$env:)?"?([A-Z_][A-Z0-9_]*)(?:\s*=\s*|:\s+)([^=\s].*)$`)

// keyLine returns the part of lines that is the key.
func keyLine(lines []string) (string, error) {
	others := 0
	for _, line := range lines {
		set := assignment.FindStringSubmatch(line)
		if set == nil {
			continue
		}
		others++
		if set[1] == Variable {
			return set[2], nil
		}
	}
	switch {
	case len(lines) > 1:
		return "", fmt.Errorf("holds several lines: put the access key alone into it, or a line %s=KEY", Variable)
	case others == 1:
		return assignment.FindStringSubmatch(lines[0])[2], nil
	case emptyAssignment.MatchString(lines[0]):
		return "", errNoValue
	}
	return lines[0], nil
}

var errNoValue = errors.New("sets no key: there is nothing after the =")

// emptyAssignment matches a line that sets a variable to nothing, or names the variable of the key alone.
var emptyAssignment = regexp.MustCompile(`^(?:(?:export\s+|set\s+|\$env:)[A-Za-z_]\w*|` + Variable + `)\s*=?\s*(?:""|'')?$`)

// around is what stands around a key and is not part of it: quotes, and characters without a width that web pages hold.
const around = "\"'`“”‘’\u200b\u2060\ufeff"

// unwrap takes off what is written around a key, the scheme of an Authorization header included.
func unwrap(s string) string {
	for {
		before := s
		s = strings.TrimSpace(strings.Trim(s, around))
		for _, prefix := range []string{"Authorization:", "Bearer "} {
			if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
				s = s[len(prefix):]
			}
		}
		if s == before {
			return s
		}
	}
}
