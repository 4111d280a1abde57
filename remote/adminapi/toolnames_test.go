package adminapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// Rules name tools that there are, or patterns that match one; else the nearest names are offered.
func TestRulesNameToolsThatThereAre(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	api := adminapi.New(d.store, access.NewAdminVerifier(d.ring, d.store, d.clock), nil, d.ring,
		adminapi.Options{Tools: []string{"analyze_activity", "get_activities", "get_stats", "set_goal"}, Now: d.clock})
	srv := httptest.NewServer(api)
	t.Cleanup(srv.Close)
	d.url = srv.URL
	d.do("PUT", "/admin/tiers/gold", `{}`)
	for _, c := range []struct{ rule, field, near string }{
		{`"allowed_tools":["get_stats"]`, "", ""},
		{`"allowed_tools":["*","get_*","*_goal"]`, "", ""},
		{`"allowed_tools":null`, "", ""},
		{`"tool_limits":{"get_stats":{"requests":2,"period":"day"}}`, "", ""},
		{`"allowed_tools":["get_*","get_stat"]`, "allowed_tools", "Near it are get_stats, "},
		{`"allowed_tools":["get_activity_s"]`, "allowed_tools", "Near it are get_activities, "},
		{`"allowed_tools":["delete_*"]`, "allowed_tools", "matches none"},
		{`"allowed_tools":["GET_STATS"]`, "allowed_tools", "matches none"},
		{`"allowed_tools":[""]`, "allowed_tools", "no tool's name"},
		{`"allowed_tools":["` + strings.Repeat("g", 100) + `"]`, "allowed_tools", "matches none"},
		{`"tool_limits":{"set_goals":{"requests":2,"period":"day"}}`, "tool_limits", "Near it are set_goal, "},
	} {
		for request, status := range map[[3]string]int{
			{"POST", "/admin/provision-api-key", `{"user_email":"ana@club.test","tier":"starter",` + c.rule + `}`}: http.StatusCreated,
			{"PATCH", "/admin/api-keys/" + k.ID, `{` + c.rule + `}`}:                                               http.StatusOK,
			{"PUT", "/admin/tiers/gold", `{` + c.rule + `}`}:                                                       http.StatusOK,
		} {
			a := d.do(request[0], request[1], request[2])
			if c.field != "" {
				if status = http.StatusUnprocessableEntity; !strings.Contains(a.body, c.near) || !strings.Contains(a.body, `"field":"`+c.field+`"`) {
					t.Errorf("%s: %s, want %q", request, a.body, c.near)
				}
			}
			if a.status != status {
				t.Errorf("%s: %d %s, want %d", request, a.status, a.body, status)
			}
		}
	}
}
