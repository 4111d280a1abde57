package main

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// The Dockerfile's image is the same as that of this program: whoever builds one must not get another configuration.
func TestDockerfileSaysTheSame(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Warnings) > 0 {
		t.Errorf("warnings: %+v", parsed.Warnings)
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := stages[len(stages)-1]
	if last.BaseName != "scratch" {
		t.Errorf("the last stage is made from %s", last.BaseName)
	}
	b := build{version: "1.2.3", revision: "abc", created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	args := shell.EnvsFromSlice([]string{"VERSION=" + b.version, "REVISION=" + b.revision, "CREATED=" + b.created.Format(time.RFC3339)})
	got := configuration(t, last, args)
	want := b.config()
	if !maps.Equal(got.Labels, want.Labels) {
		t.Errorf("labels %v, want %v", got.Labels, want.Labels)
	}
	if !slices.Equal(got.Env, want.Env) {
		t.Errorf("environment %v, want %v", got.Env, want.Env)
	}
	if !maps.Equal(got.ExposedPorts, want.ExposedPorts) || !maps.Equal(got.Volumes, want.Volumes) {
		t.Errorf("ports %v and volumes %v, want %v and %v", got.ExposedPorts, got.Volumes, want.ExposedPorts, want.Volumes)
	}
	if got.User != want.User || got.WorkingDir != want.WorkingDir || got.StopSignal != want.StopSignal || !slices.Equal(got.Cmd, want.Cmd) {
		t.Errorf("user %s in %s, %v ends with %s; want %s in %s, %v, %s",
			got.User, got.WorkingDir, got.Cmd, got.StopSignal, want.User, want.WorkingDir, want.Cmd, want.StopSignal)
	}
	h, w := got.Healthcheck, want.Healthcheck
	if h == nil || !slices.Equal(h.Test, w.Test) || h.Interval != w.Interval || h.Timeout != w.Timeout || h.StartPeriod != w.StartPeriod || h.Retries != w.Retries {
		t.Errorf("health check %+v, want %+v", h, w)
	}
}

// configuration reads what a stage's instructions set.
func configuration(t *testing.T, stage instructions.Stage, args shell.EnvGetter) (c v1.Config) {
	t.Helper()
	c.Labels, c.ExposedPorts, c.Volumes = map[string]string{}, map[string]struct{}{}, map[string]struct{}{}
	lex := shell.NewLex('\\')
	expand := func(text string) string {
		out, _, err := lex.ProcessWord(text, args)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, command := range stage.Commands {
		switch i := command.(type) {
		case *instructions.LabelCommand:
			for _, l := range i.Labels {
				c.Labels[l.Key] = expand(l.Value)
			}
		case *instructions.EnvCommand:
			for _, e := range i.Env {
				c.Env = append(c.Env, e.Key+"="+e.Value)
			}
		case *instructions.UserCommand:
			c.User = i.User
		case *instructions.WorkdirCommand:
			c.WorkingDir = i.Path
		case *instructions.VolumeCommand:
			for _, v := range i.Volumes {
				c.Volumes[v] = struct{}{}
			}
		case *instructions.ExposeCommand:
			for _, p := range i.Ports {
				c.ExposedPorts[strings.TrimSuffix(p, "/tcp")+"/tcp"] = struct{}{}
			}
		case *instructions.StopSignalCommand:
			c.StopSignal = i.Signal
		case *instructions.CmdCommand:
			c.Cmd = i.CmdLine
		case *instructions.HealthCheckCommand:
			c.Healthcheck = &v1.HealthConfig{
				Test: i.Health.Test, Interval: i.Health.Interval, Timeout: i.Health.Timeout, StartPeriod: i.Health.StartPeriod, Retries: i.Health.Retries,
			}
		case *instructions.CopyCommand, *instructions.ArgCommand:
		default:
			t.Errorf("%s is unexpected", command.Name())
		}
	}
	return c
}
