package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"admin-setup": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"claims": claims,
			"keepid": keepID,
			"newer":  newer,
		},
	})
}

// claims FILE ENTRY… checks that the file holds one JWT and nothing else, whose claims hold the entries, each as name=JSON.
func claims(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: claims FILE NAME=JSON…")
	}
	parts := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), ".")
	if len(parts) != 3 || strings.ContainsAny(parts[0]+parts[2], " \n") {
		ts.Fatalf("%s is not one JWT alone", args[0])
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	var got map[string]json.RawMessage
	if err := errors.Join(err, json.Unmarshal(b, &got)); err != nil {
		ts.Fatalf("%v", err)
	}
	for _, entry := range args[1:] {
		name, want, _ := strings.Cut(entry, "=")
		if string(got[name]) != want {
			ts.Fatalf("claim %s = %s, want %s", name, got[name], want)
		}
	}
}

// keepid NAME FILE sets the environment variable NAME to the first token id in the file.
func keepID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keepid NAME FILE")
	}
	_, after, ok := strings.Cut(ts.ReadFile(args[1]), "admin_token_")
	if !ok {
		ts.Fatalf("there is no token id in %s", args[1])
	}
	end := strings.IndexFunc(after, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	ts.Setenv(args[0], "admin_token_"+after[:end])
}

// newer DIR keeps a token in the data folder, as a newer version would: it has a permission that this version does not know.
func newer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newer DIR")
	}
	st, err := store.Open("", ts.MkAbs(args[0]))
	ts.Check(err)
	defer st.Close()
	_, err = st.Migrate(context.Background())
	ts.Check(err)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ts.Check(st.CreateAdminToken(context.Background(), pierre.Act{Person: "admin-setup", At: now}, pierre.AdminToken{
		ID: "admin_token_newer", Service: "console", Created: now,
		Permissions: []pierre.Permission{pierre.PermListKeys}, Unknown: []string{"fly", "swim"},
	}))
}
