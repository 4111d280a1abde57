package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/tools"
)

// Every call of a small athlete is answered and timed.
func TestSmallAthlete(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"--activities", "20", "--rounds", "1", "--databases", "sqlite", "--json"}, &out); err != nil {
		t.Fatal(err)
	}
	var times []timing
	if err := json.Unmarshal([]byte(out.String()), &times); err != nil {
		t.Fatal(err)
	}
	for _, one := range times {
		if one.Cold <= 0 || one.Warm <= 0 || one.Bytes < 100 {
			t.Errorf("%s took %+v", one.Call, one)
		}
	}
	if out.Reset(); printed(&out, options{databases: []string{"sqlite"}, activities: 20}, times) != nil || strings.Count(out.String(), "\n") != len(times)+1 {
		t.Errorf("the table is\n%s", out.String())
	}
}

func TestEveryToolIsMeasured(t *testing.T) {
	foods, err := makeFoods(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer foods.close()
	s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false))
	tools.New(nil, nil, now, tools.Options{Allowances: allowance.New(nil, now), Foods: foods.File}).Register(s)
	a := athlete{ids: make([]pierre.ActivityID, leastActivities(1))}
	all := append(reads(a), changes(a)...)
	for name := range s.ListTools() {
		if strings.HasPrefix(name, "connect_") || name == "disconnect_provider" { // their time is the other service's
			continue
		}
		if !slices.ContainsFunc(all, func(c call) bool { return c.tool == name }) {
			t.Errorf("%s is not measured", name)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{
		{"--activities", "13", "--rounds", "1"},
		{"--rounds", "0"},
		{"--databases", "mysql", "--activities", "20", "--rounds", "1"},
		{"--only", "nothing", "--activities", "20", "--rounds", "1", "--databases", "sqlite"},
	} {
		if err := run(t.Context(), args, &strings.Builder{}); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
