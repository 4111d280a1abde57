package doctor

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/connection"
)

// hosts checks the entries in this computer's hosts.
func (x *examination) hosts() {
	targets, err := install.ThisMachine(x.getenv).Find()
	if err != nil || len(targets) == 0 {
		x.warn("hosts", "no MCP host was found on this computer", "start the host once, or name it: mcp-client install --host NAME")
		return
	}
	entries := 0
	for _, t := range targets {
		e, found, err := t.Entry(x.name)
		switch {
		case err != nil:
			x.fail(t.Host.Name, err.Error(), "correct the file; the host cannot read it either")
		case !found:
			x.skip(t.Host.Name, fmt.Sprintf("has no entry %s in %s", x.name, t.File))
		default:
			entries++
			x.hostEntry(t, e)
		}
	}
	if entries == 0 {
		x.warn("hosts", fmt.Sprintf("no host has an entry %s", x.name), "mcp-client install --url "+cmp.Or(x.settings.URL, "https://HOST"))
	}
}

func (x *examination) hostEntry(t install.Target, e install.Entry) {
	again := "mcp-client install --host " + t.Host.Name + " writes it anew"
	name := t.Host.Name
	if !e.Starts(connection.Program) {
		x.warn(name, fmt.Sprintf("the entry %s in %s starts %s", x.name, t.File, cmp.Or(e.Command, "no program")), "choose another --name, or "+again)
		return
	}
	if problem := unusable(e.Command); problem != "" {
		x.fail(name, fmt.Sprintf("the entry in %s starts %s, which %s", t.File, e.Command, problem), again)
		return
	}
	conn, ok := connection.FromEntry(e)
	if !ok {
		x.fail(name, fmt.Sprintf("the entry in %s has arguments that this version does not know: %s", t.File, strings.Join(e.Args, " ")), again)
		return
	}
	// A host passes on few of the user's variables.
	endpoint, err := conn.Endpoint(hostEnv(x.getenv, e))
	if err != nil {
		x.fail(name, fmt.Sprintf("the entry in %s: %v", t.File, err), again)
		return
	}
	if problem := readableByOthers(conn.AuthKeyFile); problem != "" {
		x.warn(name, problem, "chmod 600 "+conn.AuthKeyFile)
		return
	}
	detail := fmt.Sprintf("its entry in %s leads to %s", t.File, endpoint.URL.Redacted())
	if x.endpoint.URL != nil && endpoint.URL.String() != x.endpoint.URL.String() {
		x.warn(name, detail+", another server than the one checked here", "if it should lead here: mcp-client install --url "+x.endpoint.URL.Redacted()+" --host "+name)
		return
	}
	x.ok(name, "%s", detail)
}

// hostEnv is the environment of a program that a host starts, as far as the client looks at it.
func hostEnv(getenv func(string) string, e install.Entry) func(string) string {
	return func(name string) string {
		if v, ok := e.Env[name]; ok {
			return v
		}
		switch name {
		case connection.URLVariable, connection.AthleteVariable, install.KeyVariable, "XDG_CONFIG_HOME":
			return ""
		default:
			return getenv(name)
		}
	}
}

// unusable says why command cannot be started; "" if it can.
func unusable(command string) string {
	if !filepath.IsAbs(command) {
		return "is no absolute path: hosts do not search for programs as a terminal does"
	}
	info, err := os.Stat(command)
	switch {
	case err != nil:
		return "does not exist"
	case info.IsDir():
		return "is a folder"
	}
	if _, err := exec.LookPath(command); err != nil {
		return "is not executable"
	}
	return ""
}

// readableByOthers says that the file of a key is not private; "" if it is.
func readableByOthers(path string) string {
	if path == "" || runtime.GOOS == "windows" {
		return ""
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return fmt.Sprintf("the file of the key, %s, can be read by others (mode %04o)", path, info.Mode().Perm())
	}
	return ""
}
