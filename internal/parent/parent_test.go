//go:build unix

package parent_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/pierre-mcp/pierre/internal/parent"
)

// TestMain makes this test program a child that says when it begins to wait, and when its parent has ended.
func TestMain(m *testing.M) {
	if os.Getenv("PARENT_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := parent.Context(context.Background())
	defer stop()
	os.Stdout.WriteString("waiting\n")
	<-ctx.Done()
	os.Stdout.WriteString("ended\n")
}

// The context ends when the parent is killed, though others hold the program's pipes open.
func TestContextEndsWithTheParent(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// The shell is the parent of this test program, which it starts in the background.
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", `"$0" & wait`, os.Args[0])
	shell.Env = append(shell.Environ(), "PARENT_TEST_CHILD=1", "GORACE=atexit_sleep_ms=0")
	shell.Stdout = w
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := bufio.NewScanner(r)
	if !lines.Scan() || lines.Text() != "waiting" {
		t.Fatalf("the child says %q, %v", lines.Text(), lines.Err())
	}
	if err := shell.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	shell.Wait() // it was killed
	if !lines.Scan() || lines.Text() != "ended" {
		t.Errorf("after the parent's end the child says %q, %v", lines.Text(), lines.Err())
	}
}

func TestContextEndsWhenStopped(t *testing.T) {
	ctx, stop := parent.Context(t.Context())
	if ctx.Err() != nil {
		t.Error("it ended with its parent alive")
	}
	stop()
	<-ctx.Done()
}
