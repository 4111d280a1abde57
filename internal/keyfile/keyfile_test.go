package keyfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/pierre-mcp/pierre/internal/keyfile"
)

const key = "pk_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// utf16Text encodes s as Windows does, with or without its byte order mark.
func utf16Text(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

func TestParseTakes(t *testing.T) {
	for name, text := range map[string]string{
		"plain":                    key,
		"line end":                 key + "\n",
		"CRLF":                     key + "\r\n",
		"old Mac":                  key + "\r",
		"space around":             " \t\n" + key + "  \n\n",
		"UTF-8 with a mark":        "\ufeff" + key + "\r\n",
		"UTF-16 LE with a mark":    string(utf16Text(binary.LittleEndian, "\ufeff"+key+"\r\n")),
		"UTF-16 BE with a mark":    string(utf16Text(binary.BigEndian, "\ufeff"+key+"\r\n")),
		"UTF-16 LE without one":    string(utf16Text(binary.LittleEndian, key+"\r\n")),
		"UTF-16 BE without one":    string(utf16Text(binary.BigEndian, key)),
		"double quotes":            `"` + key + `"`,
		"single quotes":            "'" + key + "'\n",
		"quotes of a word program": "“" + key + "”",
		"one quote left":           key + `"`,
		".env":                     "PIERRE_AUTH_KEY=" + key + "\n",
		".env with quotes":         `PIERRE_AUTH_KEY="` + key + `"`,
		"shell":                    "export PIERRE_AUTH_KEY='" + key + "'\n",
		"PowerShell":               `$env:PIERRE_AUTH_KEY = "` + key + `"`,
		"cmd":                      "set PIERRE_AUTH_KEY=" + key + "\r\n",
		"cmd, quoted":              `set "PIERRE_AUTH_KEY=` + key + `"`,
		"YAML":                     "PIERRE_AUTH_KEY: " + key,
		"other variable":           "API_KEY=" + key,
		"among others":             "# mine\nPIERRE_URL=https://x.example\nPIERRE_AUTH_KEY=" + key + "\nTZ=UTC\n",
		"comment":                  "# the key of ana\n\n" + key + "\n",
		"header":                   "Authorization: Bearer " + key,
		"scheme":                   "bearer " + key,
		"zero-width space":         "\u200b" + key + "\u200b",
		"no-break space":           key + "\u00a0",
	} {
		if got, err := keyfile.Parse([]byte(text)); got != key || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, foreign := range []string{"c2VjcmV0a2V5==", "ABCD==", "eyJhbGci.eyJzdWIi.c2ln", "a:b", "sk-proj_x="} {
		if got, err := keyfile.Parse([]byte(foreign)); got != foreign || err != nil {
			t.Errorf("a key of another server, %s, became %q, %v", foreign, got, err)
		}
	}
	for _, empty := range []string{"", " \r\n", "\ufeff", "\xff\xfe", "# nothing yet\n", `""`} {
		if got, err := keyfile.Parse([]byte(empty)); got != "" || err != nil {
			t.Errorf("%q: %q, %v", empty, got, err)
		}
	}
}

func TestParseNamesWhatItIsNot(t *testing.T) {
	for text, says := range map[string]string{
		"two words":                                      "copied whole",
		key + "\n" + key + "\n":                          "several lines",
		"A=1\nB=2":                                       "several lines",
		"PIERRE_AUTH_KEY=":                               "sets no key",
		"export PIERRE_AUTH_KEY=''":                      "sets no key",
		"-----BEGIN PRIVATE KEY-----\nMII":               "PEM",
		`{"api_key":"` + key + `"}`:                      "JSON",
		"<!doctype html><html>":                          "web page",
		"\x1f\x8b\x08\x00\x00\x01":                       "no text",
		"\xff\xfe\x00\x00p\x00\x00\x00":                  "UTF-32",
		"\xff\xfep\x00k":                                 "cut off",
		"pk_live_\u0430\u0430":                           "no key has", // Cyrillic
		"PIERRE_AUTH_KEY=" + key + " # mine":             "no key has",
		string(utf16Text(binary.LittleEndian, "a\x00b")): "no text",
	} {
		got, err := keyfile.Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "aaaa") {
			t.Errorf("%q: %q, %v; want %q, and nothing of the key", text, got, err, says)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if got, err := keyfile.Read(write("key", key+strings.Repeat("\n", keyfile.MaxSize-len(key)))); got != key || err != nil {
		t.Errorf("at the limit: %q, %v", got, err)
	}
	for path, says := range map[string]string{
		write("large", key+strings.Repeat("\n", keyfile.MaxSize-len(key)+1)): "larger than",
		write("empty", " \n"):         "is empty",
		write("json", `{}`):           "holds JSON",
		filepath.Join(dir):            "folder",
		filepath.Join(dir, "missing"): "no such file",
	} {
		_, err := keyfile.Read(path)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want %q and the path", path, err, says)
		}
	}
	if _, err := keyfile.Read(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzParse: a key that is taken can be sent in a header, and is taken again as it is.
func FuzzParse(f *testing.F) {
	for _, s := range []string{key, "\ufeff" + key, "PIERRE_AUTH_KEY='" + key + "'", "\xff\xfek\x00", "set \"A=b\"", "A: Bearer \"x\"", "{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := keyfile.Parse(data)
		if err != nil {
			if got != "" {
				t.Errorf("%q: both a key and %v", data, err)
			}
			return
		}
		if bytes.ContainsFunc([]byte(got), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q gave %q", data, got)
		}
	})
}
