package adminapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// schemas holds answers to the OpenAPI document. Its objects are closed here, so that an
// answer with a member that the document does not mention is wrong too.
type schemas struct {
	mu       sync.Mutex
	document map[string]any
	compiler *jsonschema.Compiler
}

const documentURL = "https://pierre.test/openapi.json"

func loadSchemas(t *testing.T) *schemas {
	t.Helper()
	b, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	s := &schemas{document: parsed.(map[string]any), compiler: jsonschema.NewCompiler()}
	closeObjects(s.document["components"])
	closeObjects(s.document["paths"])
	s.compiler.DefaultDraft(jsonschema.Draft2020)
	s.compiler.AssertFormat()
	if err := s.compiler.AddResource(documentURL, s.document); err != nil {
		t.Fatal(err)
	}
	return s
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	}
}

// validate reports how the answer differs from what the document promises for the request.
func (s *schemas) validate(method, path string, a answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pointer := "/components/responses/Problem"
	for template, item := range s.document["paths"].(map[string]any) {
		operation, ok := item.(map[string]any)[strings.ToLower(method)].(map[string]any)
		if !ok || !fits(template, path) {
			continue
		}
		code := fmt.Sprint(a.status)
		if _, ok := operation["responses"].(map[string]any)[code]; !ok {
			if a.status < 500 {
				return errors.New("the status is not documented")
			}
			code = "default"
		}
		pointer = "/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(template) + "/" + strings.ToLower(method) + "/responses/" + code
	}
	response := s.at(pointer)
	if ref, ok := response["$ref"].(string); ok {
		pointer = strings.TrimPrefix(ref, "#")
		response = s.at(pointer)
	}
	media := a.header.Get("Content-Type")
	if _, ok := response["content"].(map[string]any)[media]; !ok {
		return fmt.Errorf("Content-Type %q is not documented", media)
	}
	schema, err := s.compiler.Compile(documentURL + "#" + pointer + "/content/" + strings.ReplaceAll(media, "/", "~1") + "/schema")
	if err != nil {
		return err
	}
	if !strings.Contains(media, "json") {
		return nil
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == g || strings.HasPrefix(w, "{") })
}

// at returns the object that the JSON pointer names.
func (s *schemas) at(pointer string) map[string]any {
	v := any(s.document)
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		v = v.(map[string]any)[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	return v.(map[string]any)
}

func (s *schemas) enum(pointer string) []string {
	var names []string
	for _, v := range s.at(pointer)["enum"].([]any) {
		names = append(names, v.(string))
	}
	return names
}

func names[S ~string](list []S) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return texts
}

func TestDocumentNamesWhatTheDomainKnows(t *testing.T) {
	s := loadSchemas(t)
	if got := s.enum("/components/schemas/LimitScope"); !reflect.DeepEqual(got, names(pierre.LimitScopes())) {
		t.Errorf("scopes = %v, want %v", got, pierre.LimitScopes())
	}
	if got := s.enum("/components/schemas/Permission"); !reflect.DeepEqual(got, names(pierre.Permissions())) {
		t.Errorf("permissions = %v, want %v", got, pierre.Permissions())
	}
	for _, p := range s.enum("/components/schemas/Period") {
		if _, err := pierre.ParsePeriod(p); err != nil {
			t.Error(err)
		}
	}
}

// A field that the types have and the document has not, or the other way round, was forgotten.
func TestDocumentHasTheFieldsOfTheTypes(t *testing.T) {
	s := loadSchemas(t)
	for name, v := range map[string]any{
		"ProvisionRequest": adminapi.ProvisionRequest{}, "UpdateRequest": adminapi.UpdateRequest{}, "RotateRequest": adminapi.RotateRequest{},
		"FreshKey": adminapi.FreshKey{}, "ApiKey": adminapi.Key{}, "RateLimit": adminapi.RateLimit{}, "AuditEntry": adminapi.AuditEntry{},
		"KeyAnswer": adminapi.KeyAnswer{}, "Usage": usage.Report{}, "UsageBreakdown": usage.Breakdown{}, "UsageRow": usage.BreakdownRow{}, "UsageSums": usage.Sums{}, "NearLimit": usage.NearLimit{}, "Problem": web.Problem{}, "TierRequest": adminapi.TierRequest{}, "TierDetails": adminapi.Tier{},
		"User": adminapi.User{}, "UserUpdate": adminapi.UserUpdate{}, "AdminToken": adminapi.Token{}, "TokenRequest": adminapi.TokenRequest{}, "FreshToken": adminapi.FreshToken{}, "Grant": adminapi.App{},
	} {
		var fields []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				fields = append(fields, name)
			}
		}
		slices.Sort(fields)
		documented := slices.Sorted(maps.Keys(s.at("/components/schemas/" + name + "/properties")))
		if !slices.Equal(fields, documented) {
			t.Errorf("%s has the fields %v\nand is documented with %v", name, fields, documented)
		}
	}
}

func TestDocumentIsServedWithoutToken(t *testing.T) {
	d := open(t)
	a := d.do("GET", "/admin/openapi.json", "", "Authorization", "")
	file, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if a.status != http.StatusOK || a.body != string(file) || !json.Valid(file) {
		t.Errorf("answer %d with %d bytes, want the document of %d", a.status, len(a.body), len(file))
	}
}
