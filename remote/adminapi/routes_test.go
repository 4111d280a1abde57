package adminapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Every mounted route is documented, with its permission, and every documented one is mounted.
func TestDocumentListsTheRoutes(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for path, item := range doc.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var operation struct {
				Description string `json:"description"`
			}
			if err := json.Unmarshal(raw, &operation); err != nil {
				t.Fatal(err)
			}
			documented[strings.ToUpper(method)+" "+path] = operation.Description
		}
	}
	mounted := map[string]pierre.Permission{http.MethodGet + " " + documentPath: ""}
	for _, rt := range (&Server{}).routes() {
		mounted[rt.method+" "+rt.path] = rt.permission
	}
	got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(mounted))
	if !slices.Equal(got, want) {
		t.Errorf("documented %v\nmounted    %v", got, want)
	}
	for name, permission := range mounted {
		if !strings.Contains(documented[name], string(permission)) {
			t.Errorf("the document does not say that %s needs %s", name, permission)
		}
	}
}
