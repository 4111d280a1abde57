package document

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	steps, err := Parse(strings.ReplaceAll(`# Title
<!-- read: https://pierre.example.com as http://127.0.0.1:8081 -->
<!-- run: one
two
-->

'''sh
a
'''

<!-- exit: 3 -->
'''sh
b
'''
<!-- illustration: needs systemd -->
'''sh
c
'''
1. In a list:

   <!-- run: one
   two -->
   '''sh
   if a; then
     b
   fi
   '''

<!-- file: x/y.yaml -->
'''yaml
d: 1
'''
'''json
{}
'''
'''
picture
'''
<!-- settings: made by make golden -->
'''go
nothing says how this is tested
'''
<!-- end of settings -->
`, "'''", "```"))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, s := range steps {
		got.WriteString(string(s.Kind) + "|" + s.Value + "|" + strings.ReplaceAll(s.Text, "\n", "/") + "\n")
	}
	const want = `read|http://127.0.0.1:8081|https://pierre.example.com
run||one/two/
sh||a/
sh|3|b/
illustration|needs systemd|c/
run||one/   two/
sh||if a; then/  b/fi/
file|x/y.yaml|d: 1/
answer||{}/
picture||picture/
`
	if got.String() != want || steps[3].Exit != 3 || steps[2].Line != 8 {
		t.Errorf("%s%+v", got.String(), steps)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"```yaml\na: 1\n```": "nothing says how",
		"```sh\nls\n":        "does not end",
		"<!-- run: ls":       "does not end",
		"<!-- illustration: why -->\nText\n```sh\n```":             "stands before no block",
		"<!-- illustration: why -->":                               "no block follows",
		"<!-- illustration -->\n```sh\n```":                        "lacks what follows",
		"<!-- output -->\n<!-- answer -->\n```json\n```":           "has a comment in line 1",
		"<!-- exit: 0 -->\n```sh\n```":                             "no status",
		"<!-- exit: two -->\n```sh\n```":                           "no status",
		"<!-- read: pk_live -->":                                   "as OTHER",
		"<!-- serves -->\n```powershell\n```":                      "language is sh",
		"<!-- exit: 1 -->\n```text\nls\n```":                       "language is sh",
		"~~~~bash\nls\n~~~\n~~~~":                                  "nothing says how",
		strings.Repeat("text\n", 1000) + "```ts\nlet a = 1\n```\n": "nothing says how",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func TestCompareOutput(t *testing.T) {
	const printed = "ok   reach   answers in 31ms\nnoise\nfail key  This key has expired.\n   → ask\n"
	for shown, fits := range map[string]bool{
		"ok   reach   answers in 7ms\nfail key  …expired.": true,
		"   → ask":                   true,
		"…":                          true,
		"ok   reach":                 false,
		"fail key…\nok   reach…":     false,
		"ok   reach   answers in .*": false,
		"ok   reach   answers in 31ms\n…\n…\n…\n…": false,
	} {
		if err := CompareOutput(shown, printed); (err == nil) != fits {
			t.Errorf("%q: %v", shown, err)
		}
	}
}

func TestCompareAnswer(t *testing.T) {
	const printed = `{"id":"a","n":2,"none":null,"list":[{"x":1},{"y":true}],"empty":[]}`
	for _, tc := range []struct {
		shown      string
		part, fits bool
	}{
		{`{"id":"b","n":1.5,"none":null,"list":[{"x":7}],"empty":[]}`, false, true},
		{`{"id":"b","n":1.5,"none":null,"list":[{"y":false}],"empty":[]}`, false, true},
		{`{"id":"b","n":1.5,"none":"","list":[],"empty":[]}`, false, false},
		{`{"id":"b","list":[{"x":7}]}`, false, false},
		{`{"id":"b","list":[{"x":7}]}`, true, true},
		{`{"id":"b","list":[{"z":7}]}`, true, false},
		{`{"id":1}`, true, false},
		{`{"missing":null}`, true, false},
		{`{"empty":[1]}`, true, false},
		{`{"empty":{}}`, true, false},
		{`{"id":"b"} {}`, true, false},
		{`{"id":…}`, true, false},
	} {
		if err := CompareAnswer(tc.shown, "log line\n"+printed+"\n", tc.part); (err == nil) != tc.fits {
			t.Errorf("%s: %v", tc.shown, err)
		}
	}
	if err := CompareAnswer(`{}`, "no JSON\n", false); err == nil {
		t.Error("text is taken for JSON")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("<!-- run: x -->\n```sh\nls\n```\n", "{}", "{}")
	f.Add("~~~\n<!--\n-->", `{"a":[1,null,{}]}`, `{"a":[1]}`)
	f.Fuzz(func(t *testing.T, text, shown, printed string) {
		steps, err := Parse(text)
		for _, s := range steps {
			if err == nil && (s.Kind == "" || s.Line < 1) {
				t.Errorf("%+v", s)
			}
		}
		if CompareAnswer(shown, shown, false) == nil && CompareAnswer(shown, printed, false) == nil && CompareAnswer(shown, printed, true) != nil {
			t.Errorf("%s is %s, but no part of it", shown, printed)
		}
		if err := CompareOutput(shown, shown); err != nil {
			t.Error(err)
		}
	})
}
