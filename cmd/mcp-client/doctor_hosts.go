package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pierre-mcp/pierre/install"
)

// hosts checks the entries in this computer's hosts.
func (d *doctor) hosts() {
	targets, err := machine(d.w.Getenv).Find()
	if err != nil || len(targets) == 0 {
		d.warn("hosts", "no MCP host was found on this computer", "start the host once, or name it: mcp-client install --host NAME")
		return
	}
	entries := 0
	for _, t := range targets {
		e, found, err := t.Entry(d.name)
		switch {
		case err != nil:
			d.fail(t.Host.Name, err.Error(), "mend the file; the host cannot read it either")
		case !found:
			d.skip(t.Host.Name, fmt.Sprintf("has no entry %s in %s", d.name, t.File))
		default:
			entries++
			d.hostEntry(t, e)
		}
	}
	if entries == 0 {
		d.warn("hosts", fmt.Sprintf("no host has an entry %s", d.name), "mcp-client install --url "+orElse(d.conn.url, "https://HOST"))
	}
}

func (d *doctor) hostEntry(t install.Target, e install.Entry) {
	again := "mcp-client install --host " + t.Host.Name + " writes it anew"
	name := t.Host.Name
	if !e.Ours() {
		d.warn(name, fmt.Sprintf("the entry %s in %s starts %s", d.name, t.File, orElse(e.Command, "no program")), "choose another --name, or "+again)
		return
	}
	if problem := unusable(e.Command); problem != "" {
		d.fail(name, fmt.Sprintf("the entry in %s starts %s, which %s", t.File, e.Command, problem), again)
		return
	}
	conn, ok := entryConnection(e)
	if !ok {
		d.fail(name, fmt.Sprintf("the entry in %s has arguments that this version does not know: %s", t.File, strings.Join(e.Args, " ")), again)
		return
	}
	// A host passes on few of the user's variables.
	endpoint, err := conn.endpoint(hostEnv(d.w.Getenv, e))
	if err != nil {
		d.fail(name, fmt.Sprintf("the entry in %s: %v", t.File, err), again)
		return
	}
	if problem := readableByOthers(conn.authKeyFile); problem != "" {
		d.warn(name, problem, "chmod 600 "+conn.authKeyFile)
		return
	}
	detail := fmt.Sprintf("its entry in %s leads to %s", t.File, endpoint.URL.Redacted())
	if d.endpoint.URL != nil && endpoint.URL.String() != d.endpoint.URL.String() {
		d.warn(name, detail+", another server than the one checked here", "if it should lead here: mcp-client install --url "+d.endpoint.URL.Redacted()+" --host "+name)
		return
	}
	d.ok(name, "%s", detail)
}

// hostEnv is the environment of a program that a host starts, as far as the client looks at it.
func hostEnv(getenv func(string) string, e install.Entry) func(string) string {
	return func(name string) string {
		if v, ok := e.Env[name]; ok {
			return v
		}
		switch name {
		case "PIERRE_URL", install.KeyVariable, "XDG_CONFIG_HOME":
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
