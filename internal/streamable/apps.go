package streamable

import "encoding/json"

// AppsExtension is MCP Apps (SEP-1865): clients that announce it show the pages that tools name.
const AppsExtension = "io.modelcontextprotocol/ui"

func showsApps(extensions map[string]any) bool {
	_, ok := extensions[AppsExtension]
	return ok
}

// ShowsApps reports whether the client announced MCP Apps: with this request, or when its session began.
func (x *Exchange) ShowsApps() bool {
	if !x.modern {
		return showsApps(x.GetClientCapabilities().Extensions)
	}
	var params struct {
		Meta struct {
			Capabilities struct {
				Extensions map[string]json.RawMessage `json:"extensions"`
			} `json:"io.modelcontextprotocol/clientCapabilities"`
		} `json:"_meta"`
	}
	if json.Unmarshal(x.Params(), &params) != nil {
		return false
	}
	_, ok := params.Meta.Capabilities.Extensions[AppsExtension]
	return ok
}
