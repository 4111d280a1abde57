package connection_test

import (
	"os"
	"testing"

	"github.com/pierre-mcp/pierre/internal/connection"
)

func TestInstalledConnection(t *testing.T) {
	home := t.TempDir()
	getenv := func(name string) string {
		return map[string]string{"HOME": home, "USERPROFILE": home, "CODEX_HOME": home}[name]
	}
	const config = `[mcp_servers.pierre]
command = "/x/mcp-client"
args = ["--url", "https://a.example", "--ca-cert", "/ca.pem", "--header", "A: b", "--log-level", "debug"]
env = { PIERRE_AUTH_KEY = "pk_live_a" }
`
	if err := os.WriteFile(home+"/config.toml", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}

	conn := new(connection.Settings)
	if from := conn.OrInstalled(getenv, "pierre"); from != home+"/config.toml" {
		t.Errorf("from %q", from)
	}
	if conn.URL != "https://a.example" || conn.AuthKey != "pk_live_a" || conn.CACert != "/ca.pem" || len(conn.Headers) != 1 {
		t.Errorf("the connection is %+v", conn)
	}
	conn = &connection.Settings{AuthKey: "mine", CACert: "/mine.pem"}
	conn.OrInstalled(getenv, "pierre")
	if conn.URL != "https://a.example" || conn.AuthKey != "mine" || conn.CACert != "/mine.pem" {
		t.Errorf("flags do not count: %+v", conn)
	}
	conn = &connection.Settings{URL: "https://b.example"}
	if from := conn.OrInstalled(getenv, "pierre"); from != "" || conn.AuthKey != "" {
		t.Errorf("another server got the key: %+v", conn)
	}
	if from := new(connection.Settings).OrInstalled(getenv, "other"); from != "" {
		t.Errorf("an entry that is not there: %q", from)
	}
}
