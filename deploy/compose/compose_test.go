package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

const (
	production = "../../docker-compose.prod.yml"
	personal   = "../../docker-compose.yml"
	asFiles    = "../../docker-compose.secrets.yml"
	example    = "../../.env.example"
)

// filled returns the example of variables with all that must be filled in.
func filled(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, regexp.MustCompile(`(?m)^([A-Z_]+)=$`).ReplaceAll(raw, []byte("$1=filled-in")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func loaded(t *testing.T, env string, files ...string) *types.Project {
	t.Helper()
	p, err := load(t.Context(), files, env, []string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The names of the services, of their variables and of the volume are those of the provisioning guide.
func TestNamesOfTheGuide(t *testing.T) {
	t.Parallel()
	p := loaded(t, filled(t), production)
	for service, names := range map[string][]string{
		"pierre-mcp":   {"DATABASE_URL", "JWT_SECRET", "ENCRYPTION_KEY", "RUST_LOG"},
		"pierre-admin": {"MCP_SERVER_URL", "MCP_ADMIN_TOKEN", "SENDGRID_API_KEY", "DATABASE_URL", "BASE_APP_URL"},
		"db":           {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"},
	} {
		for _, name := range names {
			if v := p.Services[service].Environment[name]; v == nil || *v == "" {
				t.Errorf("%s has no %s", service, name)
			}
		}
	}
	if url := *p.Services["pierre-mcp"].Environment["DATABASE_URL"]; url != "postgresql://pierre:filled-in@db:5432/pierre" {
		t.Errorf("DATABASE_URL is %s", url)
	}
	if url := *p.Services["pierre-admin"].Environment["MCP_SERVER_URL"]; url != "http://pierre-mcp:8081" {
		t.Errorf("MCP_SERVER_URL is %s", url)
	}
	if _, ok := p.Volumes["postgres_data"]; !ok || p.Services["db"].Image != "postgres:15" {
		t.Errorf("the database is %s on %v", p.Services["db"].Image, p.VolumeNames())
	}
}

// Each service of each file gets as little as it needs.
func TestServicesAreHardened(t *testing.T) {
	t.Parallel()
	for _, file := range []string{production, personal} {
		p := loaded(t, filled(t), file)
		for _, s := range p.Services {
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
				t.Errorf("%s: %s has more rights than it needs", file, s.Name)
			}
			if s.Restart != "unless-stopped" {
				t.Errorf("%s: %s does not start again: %q", file, s.Name, s.Restart)
			}
			if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 || s.Deploy.Resources.Limits.Pids == 0 {
				t.Errorf("%s: %s has no limits", file, s.Name)
			}
			if s.HealthCheck == nil || len(s.HealthCheck.Test) == 0 && !s.HealthCheck.Disable {
				t.Errorf("%s: nobody looks after the health of %s", file, s.Name)
			}
			for _, c := range s.Configs {
				if p.Configs[c.Source].File == "" {
					t.Errorf("%s: the text %s cannot be put into %s, which is read-only", file, c.Source, s.Name)
				}
			}
			for _, v := range s.Volumes {
				if v.Type != types.VolumeTypeVolume || v.Source == "" {
					t.Errorf("%s: %s mounts %s %q", file, s.Name, v.Type, v.Source)
				}
			}
			for _, p := range s.Ports {
				if p.HostIP != "127.0.0.1" && s.Name != "caddy" {
					t.Errorf("%s: %s publishes %s on %q", file, s.Name, p.Published, p.HostIP)
				}
			}
		}
	}
}

// Without a password of the database nothing starts. The programs demand the secrets of theirs.
func TestPasswordIsDemanded(t *testing.T) {
	t.Parallel()
	if _, err := load(t.Context(), []string{production}, example, nil); err == nil || !strings.Contains(err.Error(), "POSTGRES_PASSWORD is missing a value: choose one in .env") {
		t.Errorf("the example as it is: %v", err)
	}
}

// With the file for secrets no secret of the programs stands in an environment.
func TestSecretsAsFiles(t *testing.T) {
	t.Parallel()
	p := loaded(t, filled(t), production, asFiles)
	for _, s := range p.Services {
		for name := range s.Environment {
			if regexp.MustCompile(`SECRET$|_KEY$|TOKEN$|PASSPHRASE$|PASSWORD$|^(DATABASE|SMTP)_URL$`).MatchString(name) {
				t.Errorf("%s has %s in its environment", s.Name, name)
			}
		}
		for _, c := range s.Secrets {
			if file := s.Environment[strings.ToUpper(c.Source)+"_FILE"]; file == nil || *file != "/run/secrets/"+c.Source {
				t.Errorf("%s is not told where %s is", s.Name, c.Source)
			}
		}
	}
	for service, want := range map[string]int{"pierre-mcp": 3, "pierre-admin": 3, "db": 1, "backup": 4, "backup-admin": 4} {
		if n := len(p.Services[service].Secrets); n != want {
			t.Errorf("%s has %d files", service, n)
		}
	}
}

// What .env says about providers reaches the server, and nobody else. With the file for secrets it is told where they are, and sees
// their folder.
func TestProvidersCanBeSwitchedOn(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "env")
	set := regexp.MustCompile(`(?m)^# (PIERRE_PROVIDER_[A-Z_]+)=.*$`)
	if err := os.WriteFile(path, set.ReplaceAll(raw, []byte("$1=of-$1")), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, secret := loaded(t, path, production), loaded(t, path, production, asFiles)
	names := set.FindAllSubmatch(raw, -1)
	if len(names) == 0 {
		t.Fatal("the example lists no variables of providers")
	}
	for _, m := range names {
		name := string(m[1])
		inFile := strings.HasSuffix(name, "_FILE")
		if v := plain.Services["pierre-mcp"].Environment[name]; !inFile && (v == nil || *v != "of-"+name) {
			t.Errorf("the server does not get %s", name)
		}
		if v := secret.Services["pierre-mcp"].Environment[name]; !strings.HasSuffix(name, "_SECRET") && (v == nil || *v != "of-"+name) {
			t.Errorf("with secrets from files the server does not get %s", name)
		}
		for _, s := range plain.Services {
			if s.Environment[name] != nil && s.Name != "pierre-mcp" {
				t.Errorf("%s gets %s", s.Name, name)
			}
		}
	}
	if !slices.ContainsFunc(secret.Services["pierre-mcp"].Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Target == "/run/secrets/providers" && v.ReadOnly && filepath.Base(v.Source) == "providers"
	}) {
		t.Error("the server does not see the folder of the providers' secrets")
	}
}

// Every variable of the example is used, and every variable that is used stands in the example.
func TestExampleIsComplete(t *testing.T) {
	t.Parallel()
	compose, err := os.ReadFile(production)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	used, listed := map[string]bool{"VERSION": true}, map[string]bool{"VERSION": true}
	files, err := os.ReadFile(asFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`[^$]\$\{([A-Z_]+)`).FindAllStringSubmatch(string(compose)+string(files), -1) {
		used[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:# )?([A-Z_]+)=`).FindAllStringSubmatch(string(raw), -1) {
		listed[m[1]] = true
	}
	for name := range used {
		if !listed[name] {
			t.Errorf(".env.example does not list %s", name)
		}
	}
	for name := range listed {
		if !used[name] {
			t.Errorf("nothing uses %s of .env.example", name)
		}
	}
}

// What Docker Compose refuses is refused here.
func TestMistakesAreRefused(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(production)
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"an unknown member":       {"    restart: unless-stopped\n", "    restarts: unless-stopped\n"},
		"a volume that is none":   {`["postgres_data:/var`, `["postgres:/var`},
		"a service that is none":  {"      db: {condition: service_healthy}", "      database: {condition: service_healthy}"},
		"a port that is none":     {":8081:8081", ":8081:http"},
		"a duration that is none": {"interval: 15s", "interval: often"},
	} {
		if !bytes.Contains(raw, []byte(change[0])) {
			t.Fatalf("%s: there is no %q to change", what, change[0])
		}
		path := filepath.Join(t.TempDir(), "compose.yml")
		if err := os.WriteFile(path, bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(t.Context(), []string{path}, filled(t), []string{"*"}); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestRunPrintsJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-env", filled(t), "-profiles", "redis", production}, &out); err != nil {
		t.Fatal(err)
	}
	var project struct {
		Services map[string]json.RawMessage `json:"services"`
	}
	if err := json.Unmarshal(out.Bytes(), &project); err != nil || project.Services["redis"] == nil || project.Services["caddy"] != nil {
		t.Errorf("%v: %s", err, out.Bytes())
	}
	if err := run(t.Context(), []string{"none.yml"}, &out); err == nil {
		t.Error("a file that does not exist is read")
	}
}
