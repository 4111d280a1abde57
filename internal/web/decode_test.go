package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

type order struct {
	Name  string   `json:"name"`
	Count *int64   `json:"count"`
	Tags  []string `json:"tags"`
}

func (o order) Validate() error {
	if o.Name == "" {
		return pierre.Invalid("name", "name is required.")
	}
	return nil
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ name, body, field, want string }{
		{"fine", `{"name":"a","count":1,"tags":["x"]}`, "", ""},
		{"spaces around", " \n{\"name\":\"a\"}\n ", "", ""},
		{"missing", `{}`, "name", "name is required"},
		{"unknown", `{"name":"a","label":1}`, "label", "no field label"},
		{"text for a number", `{"name":"a","count":"1"}`, "count", "must be a whole number, not a string"},
		{"fraction", `{"name":"a","count":1.5}`, "count", "must be a whole number, not a number 1.5"},
		{"number for a text", `{"name":1}`, "name", "must be a string, not a number"},
		{"object for a list", `{"name":"a","tags":{}}`, "tags", "must be a list, not a object"},
		{"empty", ``, "", "not valid JSON"},
		{"cut off", `{"name":"a"`, "", "not valid JSON"},
		{"a list", `[]`, "", "not valid JSON"},
		{"two values", `{"name":"a"}{}`, "", "one JSON object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			_, err := web.Decode[order](httptest.NewRecorder(), r)
			if tt.want == "" {
				if err != nil {
					t.Errorf("Decode = %v", err)
				}
				return
			}
			e, ok := errors.AsType[*pierre.Error](err)
			if !ok || e.Kind != pierre.KindInvalid || e.Field != tt.field || !strings.Contains(e.Msg, tt.want) {
				t.Errorf("Decode = %#v, want invalid %q with %q", err, tt.field, tt.want)
			}
		})
	}
}

func TestDecodeLimitsTheBody(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"name":"`+strings.Repeat("a", 1<<20)+`"}`))
	if _, err := web.Decode[order](httptest.NewRecorder(), r); pierre.KindOf(err) != pierre.KindTooLarge {
		t.Errorf("Decode = %v, want too large", err)
	}
}
