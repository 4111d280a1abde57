package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

type request struct {
	Name  string   `json:"name"`
	Count *int64   `json:"count"`
	Tags  []string `json:"tags"`
	Place *place   `json:"place"`
	Shared
	Note json.RawMessage `json:"note"` // decodes itself: null and anything else
}

type Shared struct {
	Level *int64 `json:"level"`
}

type place struct {
	City string  `json:"city"`
	Size float64 `json:"size"`
}

func (o request) Validate() error {
	if o.Name == "" {
		return pierre.Invalid("name", "name is required.")
	}
	return nil
}

func decode(body string) (request, error) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	return web.Decode[request](httptest.NewRecorder(), r)
}

func TestDecodeTakes(t *testing.T) {
	for _, body := range []string{
		`{"name":"a","count":1,"tags":["x"],"place":{"city":"b","size":1e3},"note":{"a":[null]}}`,
		" \r\n\t{\"name\":\"a\"}\n ",
		`{"name":"a","note":null}`,
		`{"name":"\u00e4\ud83d\ude80 \ufffd\uFFFD�"}`,
		`{"name":"a","tags":[]}`,
		`{"name":"\\ud83d\\ufffd\u0041\ud83d\uDE80"}`,
		`{"\u006eame":"a"}`,
		`{"name":"a","note":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`,
	} {
		if got, err := decode(body); err != nil {
			t.Errorf("Decode(%s) = %+v, %v", body, got, err)
		}
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ name, body, field, want string }{
		{"missing", `{}`, "name", "name is required"},
		{"unknown", `{"name":"a","label":1}`, "label", "no field label"},
		{"unknown and long", `{"` + strings.Repeat("ab", 500) + `":1}`, strings.Repeat("ab", 32) + "…", "no field abab"},
		{"unknown inside", `{"name":"a","place":{"town":"b"}}`, "place.town", "no field place.town"},
		{"twice", `{"name":"a","name":"b"}`, "name", "name is given twice"},
		{"twice the same", `{"name":"a","count":1,"name":"a"}`, "name", "name is given twice"},
		{"twice, once escaped", `{"name":"a","n\u0061me":"b"}`, "name", "name is given twice"},
		{"twice inside", `{"name":"a","place":{"city":"b","city":"c"}}`, "place.city", "place.city is given twice"},
		{"twice where anything goes", `{"name":"a","note":[{"x":1,"x":1}]}`, "note.x", "given twice"},
		{"another letter case", `{"Name":"a"}`, "Name", "write it name"},
		{"both letter cases", `{"name":"a","NAME":"b"}`, "NAME", "write it name"},
		{"another letter case by Unicode", `{"name":"a","tagſ":[]}`, "tagſ", "write it tags"},
		{"text for a number", `{"name":"a","count":"1"}`, "count", "must be a whole number, not a string"},
		{"fraction", `{"name":"a","count":1.5}`, "count", "must be a whole number of at most 18 digits"},
		{"too many digits", `{"name":"a","count":10000000000000000000}`, "count", "must be a whole number of at most 18 digits"},
		{"number for a text", `{"name":1}`, "name", "must be a string, not a number"},
		{"boolean for a text", `{"name":true}`, "name", "must be a string, not a boolean"},
		{"object for a text", `{"name":{"a":1}}`, "name", "must be a string, not an object"},
		{"object for a list", `{"name":"a","tags":{}}`, "tags", "must be a list, not an object"},
		{"list for an object", `{"name":"a","place":[]}`, "place", "must be an object, not a list"},
		{"number in a list of texts", `{"name":"a","tags":["x",1]}`, "tags", "must be a string, not a number"},
		{"too large a number", `{"name":"a","place":{"size":1e999}}`, "place.size", "must be a number"},
		{"wrong type in an embedded struct", `{"name":"a","level":"high"}`, "level", "level must be a whole number, not a string"},
		{"another letter case in an embedded struct", `{"name":"a","Level":1}`, "Level", "write it level"},
		{"null", `{"name":null}`, "name", "must be a string, not null"},
		{"null for an optional one", `{"name":"a","count":null}`, "count", "must be a whole number, not null"},
		{"null in a list", `{"name":"a","tags":[null]}`, "tags", "must be a string, not null"},
		{"null inside", `{"name":"a","place":{"city":null}}`, "place.city", "not null"},
		{"no UTF-8", "{\"name\":\"a\xff\"}", "name", "not valid UTF-8"},
		{"no UTF-8 in a list", "{\"name\":\"a\",\"tags\":[\"\xc3\"]}", "tags", "not valid UTF-8"},
		{"no UTF-8 where anything goes", "{\"name\":\"a\",\"note\":\"\xed\xa0\x80\"}", "note", "not valid UTF-8"},
		{"half a surrogate pair", `{"name":"\ud83d"}`, "name", "not valid UTF-8"},
		{"the other half", `{"name":"\udc00"}`, "name", "not valid UTF-8"},
		{"two first halves", `{"name":"\ud83d\ud83d\ude80"}`, "name", "not valid UTF-8"},
		{"halves apart", `{"name":"\ud83d \ude80"}`, "name", "not valid UTF-8"},
		{"half a surrogate pair in a name", `{"name\udc00":"a"}`, "name�", "not valid UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode(tt.body)
			e, ok := errors.AsType[*pierre.Error](err)
			if !ok || e.Kind != pierre.KindInvalid || e.Field != tt.field || !strings.Contains(e.Msg, tt.want) {
				t.Errorf("Decode = %#v, want invalid %q with %q", err, tt.field, tt.want)
			}
		})
	}
}

func TestDecodeRefusesWhatItCannotRead(t *testing.T) {
	for body, want := range map[string]string{
		``:                     "not valid JSON",
		`{"name":"a"`:          "not valid JSON",
		`{"name":"a",}`:        "not valid JSON",
		`{name:"a"}`:           "not valid JSON",
		`{"name":'a'}`:         "not valid JSON",
		`{"name":"a"} //`:      "one JSON object",
		`{"name":"a","count"}`: "not valid JSON",
		`{"name":NaN}`:         "not valid JSON",
		"\ufeff{}":             "not valid JSON",
		"{\"name\":\"a\nb\"}":  "not valid JSON",
		`null`:                 "one JSON object",
		`[]`:                   "one JSON object",
		`"name"`:               "one JSON object",
		`7`:                    "one JSON object",
		`{"name":"a"}{}`:       "one JSON object",
		`{"name":"a"}null`:     "one JSON object",
		`{"name":"a","note":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`: "nested too deeply",
		`{"name":"a","note":` + strings.Repeat("[", 1<<19):                              "nested too deeply",
	} {
		_, err := decode(body)
		e, ok := errors.AsType[*pierre.Error](err)
		if !ok || e.Kind != pierre.KindMalformed || !strings.Contains(e.Msg, want) {
			t.Errorf("Decode(%.40q) = %v, want malformed with %q", body, err, want)
		}
	}
}

// What is taken reads the same in the standard library, has each member once, and is UTF-8.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","count":1,"tags":["x"],"place":{"city":"b","size":1e3},"note":{"a":[null]}}`, `{"name":"a","name":"b"}`,
		`{"Name":"a"}`, `{"name":null}`, "{\"name\":\"\xff\"}", `{"name":"\ud83d\ufffd"}`, `[]`, `{"name":"a"}{}`, `{"note":[[[`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := decode(body)
		if err != nil {
			if k := pierre.KindOf(err); k != pierre.KindInvalid && k != pierre.KindMalformed && k != pierre.KindTooLarge {
				t.Fatalf("Decode(%q) = %v, which is nobody's fault", body, err)
			}
			return
		}
		var want request
		if err := json.Unmarshal([]byte(body), &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("Decode(%q) = %+v, the standard library reads %+v, %v", body, got, want, err)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &members); err != nil || !utf8.ValidString(body) {
			t.Fatalf("Decode took %q: %v", body, err)
		}
		for name := range members {
			if !slices.Contains([]string{"name", "count", "tags", "place", "note", "level"}, name) {
				t.Fatalf("Decode took %q with the member %q", body, name)
			}
		}
		if n := countMembers(t, body); n != len(members) {
			t.Fatalf("Decode took %q, which has %d members of %d names", body, n, len(members))
		}
	})
}

// countMembers counts the members of the outermost object.
func countMembers(t *testing.T, body string) (n int) {
	dec := json.NewDecoder(strings.NewReader(body))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for ; dec.More(); n++ {
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		if err := dec.Decode(new(json.RawMessage)); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestDecodeLimitsTheBody(t *testing.T) {
	const limit = 1 << 20
	body := func(size int) string { return `{"name":"` + strings.Repeat("a", size-len(`{"name":""}`)) + `"}` }
	if _, err := decode(body(limit)); err != nil {
		t.Errorf("Decode of 1 MiB = %v", err)
	}
	for _, tooLarge := range []string{body(limit + 1), body(limit) + " "} {
		if _, err := decode(tooLarge); pierre.KindOf(err) != pierre.KindTooLarge {
			t.Errorf("Decode of 1 MiB and a byte = %v, want too large", err)
		}
	}
}
