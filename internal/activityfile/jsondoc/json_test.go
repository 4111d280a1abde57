package jsondoc

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"\xEF\xBB\xBF{}": "{}", `[NaN,1,NaN]`: `[null,1,null]`, `{"a":"NaN","b":NaN}`: `{"a":"NaN","b":null}`,
		`{"a":"\"NaN","NaN":NaN}`: `{"a":"\"NaN","NaN":null}`, `"\`: `"\`, `"NaN\`: `"NaN\`, `NaN`: `null`, ``: ``, `["\\",NaN]`: `["\\",null]`,
	} {
		if got := string(Clean([]byte(in))); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestEach(t *testing.T) {
	for in, want := range map[string]string{`[1,2,3,4]`: "[1 2 3]", `[1,"x",3]`: "[1 0 3]", `{"a":1}`: "[]", `7`: "[]", ``: "[]", `[1,`: "[1]", `[1,]`: "[1]"} {
		list := []float64{}
		err := Each([]byte(in), func(v float64) bool {
			list = append(list, v)
			return len(list) < 3
		})
		if got := fmt.Sprint(list); got != want {
			t.Errorf("%q has %s (%v), want %s", in, got, err, want)
		}
	}
}

func TestWhole(t *testing.T) {
	for in, want := range map[string]string{
		"\xEF\xBB\xBF {\"a\":7}": "7 <nil>", `{"a":NaN}`: "0 <nil>", `{"a":"x"}`: "0 <nil>", `{"a":12345}`: "12345 <nil>", `{"a":123456}`: "-1 it is longer than 11 bytes",
		`[1]`: "-1 nothing of what its name stands for", `{"a":`: "-1 it is cut off or damaged", ``: "-1 it is cut off or damaged",
	} {
		got := -1
		err := Whole(strings.NewReader(in), 11, func(v struct{ A int }) { got = v.A })
		if text := fmt.Sprint(got, " ", err); text != want {
			t.Errorf("%q has %s, want %s", in, text, want)
		}
	}
}

// What was valid means the same when it is clean.
func FuzzClean(f *testing.F) {
	f.Add([]byte(`{"a":"NaN\"","b":[NaN,1]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if clean := Clean(text); json.Valid(text) && string(clean) != string(text) {
			t.Errorf("%q becomes %q", text, clean)
		}
	})
}
