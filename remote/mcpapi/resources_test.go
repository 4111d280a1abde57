package mcpapi_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	gosdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/tools"
)

// Another implementation of the protocol reads the athlete's resources and takes the ready questions, in both eras. Neither
// counts against the limit of the key.
func TestResourcesAndPrompts(t *testing.T) {
	for _, version := range []string{"2025-11-25", "2026-07-28"} {
		t.Run(version, func(t *testing.T) {
			h := start(t, mcpapi.Options{})
			catalog := tools.New(h.Store, training.New(h.Store, time.Now, slog.New(slog.DiscardHandler), training.Options{}), time.Now, tools.Options{})
			catalog.Register(h.mcp)
			c := h.client(pierre.Limit{Requests: 1, Period: pierre.PeriodMonth})
			client := h.official(c.Key, version)
			resources, err := client.ListResources(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range resources.Resources {
				names = append(names, r.Name)
			}
			if want := []string{"profile", "records", "week", "zones"}; !slices.Equal(names, want) {
				t.Errorf("the resources are %q, want %q", names, want)
			}
			for range 2 {
				for _, r := range resources.Resources {
					read, err := client.ReadResource(t.Context(), &gosdk.ReadResourceParams{URI: r.URI})
					if err != nil || len(read.Contents) != 1 || !strings.HasPrefix(read.Contents[0].Text, "{") {
						t.Errorf("%s: %+v, %v", r.URI, read, err)
					}
				}
			}
			prompts, err := client.ListPrompts(t.Context(), nil)
			if err != nil || len(prompts.Prompts) != 10 {
				t.Fatalf("prompts/list: %+v, %v", prompts, err)
			}
			got, err := client.GetPrompt(t.Context(), &gosdk.GetPromptParams{Name: "race_prediction", Arguments: map[string]string{"distance": "marathon"}})
			if err != nil || !strings.Contains(got.Messages[0].Content.(*gosdk.TextContent).Text, "marathon") {
				t.Errorf("prompts/get: %+v, %v", got, err)
			}
			if _, err := client.GetPrompt(t.Context(), &gosdk.GetPromptParams{Name: "race_prediction", Arguments: map[string]string{"pace": "4:00"}}); err == nil || !strings.Contains(err.Error(), "not valid for this method") {
				t.Errorf("a wrong argument: %v", err)
			}
			client.call(t, &gosdk.CallToolParams{Name: "get_athlete"}) // the one that the limit admits
			if n := len(c.calls()); n != 1 {
				t.Errorf("%d calls are counted", n)
			}
		})
	}
}

// A key that may not use the tool behind a resource neither finds nor reads it. An error that a person may read is read; the
// text of a fault does not leave the server.
func TestResourcesAreGuarded(t *testing.T) {
	h := start(t, mcpapi.Options{})
	catalog := tools.New(h.Store, training.New(h.Store, time.Now, slog.New(slog.DiscardHandler), training.Options{}), time.Now, tools.Options{})
	catalog.Register(h.mcp)
	h.mcp.AddResource(mcp.NewResource("pierre://broken", "broken"), func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		return nil, errors.New("dial postgres://pierre:hunter2@db")
	})
	h.mcp.AddResource(mcp.NewResource("pierre://unfinished", "unfinished"), func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		return nil, fmt.Errorf("reading: %w", &pierre.Error{Kind: pierre.KindUnavailable, Msg: "More are left: call again.", Err: errors.New("hunter2")})
	})
	few := h.client(pierre.Limit{}, "get_stats")
	if resp := few.Post(`{"jsonrpc":"2.0","id":1,"method":"resources/list"}`); strings.Count(resp.Text, "pierre://athlete/") != 1 || !strings.Contains(resp.Text, "pierre://athlete/week") {
		t.Errorf("resources/list: %s", resp.Text)
	}
	for _, send := range []func(uri string) streamabletest.Response{
		func(uri string) streamabletest.Response {
			return few.Post(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"` + uri + `"}}`)
		},
		func(uri string) streamabletest.Response {
			return few.Modern("1", "resources/read", `"uri":"`+uri+`"`, "Mcp-Name", uri)
		},
	} {
		if resp := send("pierre://athlete/profile"); !strings.Contains(resp.Text, "There is no resource of this URI") || strings.Contains(resp.Text, "contents") {
			t.Errorf("the profile is read: %d %s", resp.StatusCode, resp.Text)
		}
		if resp := send("pierre://athlete/week"); resp.StatusCode != http.StatusOK || !strings.Contains(resp.Text, "contents") {
			t.Errorf("the week: %d %s", resp.StatusCode, resp.Text)
		}
		if resp := send("pierre://unfinished"); strings.Contains(resp.Text, "hunter2") || !strings.Contains(resp.Text, "More are left: call again.") || resp.StatusCode != http.StatusOK {
			t.Errorf("an error that a person may read: %d %s", resp.StatusCode, resp.Text)
		}
		if log := h.log.String(); strings.Contains(log, "More are left") {
			t.Errorf("it is logged as a fault: %s", log)
		}
		if resp := send("pierre://broken"); strings.Contains(resp.Text, "hunter2") || !strings.Contains(resp.Text, "Something went wrong") {
			t.Errorf("a fault: %s", resp.Text)
		}
	}
}
