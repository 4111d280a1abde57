//go:build e2e

package e2e

import (
	"encoding/pem"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestImage builds the container image twice, and runs the programs from its files, as its user, and from nothing else: no library,
// no shell, no folder of this machine. Keys and calls are there after a kill, on the same volume.
func TestImage(t *testing.T) {
	t.Parallel()
	file := buildImage(t, "../..", filepath.Join(t.TempDir(), "image.tar"))
	img := readImage(t, file)
	t.Run("works", func(t *testing.T) { t.Parallel(); testImageWorks(t, img) })
	t.Run("is reproducible", func(t *testing.T) { t.Parallel(); testReproducible(t, img, file) })
}

func testImageWorks(t *testing.T, img *image) {
	root := filepath.Join(t.TempDir(), "root")
	img.unpack(t, root)
	appendTo(t, filepath.Join(root, "etc/hosts"), "127.0.0.1 localhost pierre-mcp\n") // as runtimes do

	port := freePort(t)
	s := &server{t: t, data: filepath.Join(root, "data"), port: port, programs: "/usr/local/bin", inside: inRoot(t, root)}
	s.url, s.env = "http://127.0.0.1:"+port, append(slices.Clone(img.Config.Env), "PORT="+port)
	inside := func(env []string, program string, args ...string) (string, error) {
		cmd := exec.Command("/usr/local/bin/"+program, args...)
		cmd.Env = append(slices.Clone(s.env), env...)
		s.inside(cmd)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	healthcheck := img.Config.Healthcheck.Test // CMD, program, arguments
	if out, err := inside(nil, healthcheck[1], healthcheck[2:]...); err == nil || !strings.Contains(out, "nothing answers") {
		t.Errorf("the health check without a server: %v, %s", err, out)
	}
	s.start()
	t.Cleanup(func() {
		if s.cmd != nil {
			s.stop(syscall.SIGTERM)
		}
	})
	if out, err := inside(nil, healthcheck[1], healthcheck[2:]...); err != nil || out != "ready\n" {
		t.Errorf("the health check: %v, %s", err, out)
	}
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter","rate_limit_requests":30,"rate_limit_period":"month"}`)
	call := func(url string) {
		t.Helper()
		out, err := inside([]string{"PIERRE_AUTH_KEY=" + k.APIKey}, "mcp-client", "call", "get_stats", "--allow-http", "--url", url)
		if err != nil {
			t.Errorf("a call of %s from the image's client: %v\n%s", url, err, out)
		}
	}
	call("http://pierre-mcp:" + port) // by a name
	call(trustedProxy(t, s.url, filepath.Join(root, "etc/ssl/certs/ca-certificates.crt")))
	if err := s.stop(syscall.SIGKILL); err == nil {
		t.Error("the server ended without an error when it was killed")
	}
	s.start()
	call("http://pierre-mcp:" + port)
	if used := s.used(k.APIKeyID); used != 3 {
		t.Errorf("%d calls are counted, want 3", used)
	}

	siteEnv := []string{"MCP_SERVER_URL=http://pierre-mcp:" + port, "MCP_ADMIN_TOKEN=" + s.adminToken(), "BASE_APP_URL=https://keys.example.com", "SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=keys@example.com"}
	if out, err := inside(siteEnv, "pierre-admin-service", "migrate"); err != nil {
		t.Errorf("the site's migrate: %v\n%s", err, out)
	}
	out, _ := inside(siteEnv, "pierre-admin-service", "doctor") // it misses permissions of the token
	for _, part := range []string{"settings", "database", "server"} {
		if !regexp.MustCompile(`(?m)^ok +` + part).MatchString(out) {
			t.Errorf("the site's doctor finds its %s not ok:\n%s", part, out)
		}
	}
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, s.stderr)
	}
}

// testReproducible builds the image a second time, from a copy of the sources in another folder.
func testReproducible(t *testing.T, img *image, first string) {
	dir := t.TempDir()
	copied := filepath.Join(dir, "elsewhere")
	copySources(t, "../..", copied)
	label := func(name string) string { return img.Config.Labels["org.opencontainers.image."+name] }
	second := buildImage(t, copied, filepath.Join(dir, "second.tar"), "VERSION="+label("version"), "REVISION="+label("revision"), "CREATED="+label("created"))
	if a, b := digestOf(t, first), digestOf(t, second); a != b {
		t.Errorf("two builds of the same sources differ: %s, %s", a, b)
	}
}

// buildImage builds the image of the sources in a folder and returns its file.
func buildImage(t *testing.T, sources, file string, env ...string) string {
	t.Helper()
	build := exec.Command("scripts/image.sh", file)
	build.Dir, build.Env = sources, append(os.Environ(), append(env, "TMPDIR="+t.TempDir())...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("scripts/image.sh: %v\n%s", err, out)
	}
	return file
}

// trustedProxy serves the server with HTTPS, with a certificate of an authority that it adds to the file of trusted ones.
func trustedProxy(t *testing.T, server, authorities string) (address string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(u))
	t.Cleanup(proxy.Close)
	appendTo(t, authorities, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})))
	return proxy.URL
}

// used returns how many calls of a key are counted in its limit.
func (s *server) used(id string) int {
	s.t.Helper()
	_, raw := s.do("GET", "/admin/api-keys/"+id+"/usage", "", "Authorization", "Bearer "+s.adminToken())
	return decode[struct{ Limit struct{ Used int } }](s.t, raw).Limit.Used
}
