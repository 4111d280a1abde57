package main

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A user of an older version is found by exactly the address that is kept; no other address that is not plain names anybody.
func TestImportingUser(t *testing.T) {
	a, _ := opened(t, "--data-dir", t.TempDir())
	ctx := t.Context()
	const old = "jürgen@club.test"
	kept, err := a.store.EnsureUser(ctx, old, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if u, err := a.importingUser(ctx, old); err != nil || u.ID != kept.ID {
		t.Errorf("the user with the old address = %v, %v; want %v", u, err, kept)
	}
	ana, err := a.importingUser(ctx, "Kai@Club.test")
	if err != nil || ana.Email != "kai@club.test" {
		t.Errorf("a new user = %v, %v", ana, err)
	}
	for _, address := range []string{"\u212aai@club.test", "JÜRGEN@club.test", "Kai <kai@club.test>", "kai"} {
		if u, err := a.importingUser(ctx, address); err == nil || pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("importingUser(%q) = %v, %v; want the address refused", address, u, err)
		}
	}
}
