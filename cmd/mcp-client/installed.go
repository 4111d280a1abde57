package main

import (
	"errors"
	"os"
	"runtime"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/install"
)

// defaultName is what the entry in a host is called unless the user says otherwise.
const defaultName = "pierre"

// machine is the user's computer as the environment describes it.
func machine(getenv func(string) string) install.Machine {
	home := getenv("HOME")
	if runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	return install.Machine{
		OS: runtime.GOOS, Home: home, Config: getenv("XDG_CONFIG_HOME"),
		AppData: getenv("APPDATA"), LocalAppData: getenv("LOCALAPPDATA"),
		ClaudeConfig: getenv("CLAUDE_CONFIG_DIR"), CodexHome: getenv("CODEX_HOME"),
	}
}

// ownMachine is [machine] for commands that write into the user's files. Under sudo
// these would become root's, and their programs could not read them any more.
func ownMachine(getenv func(string) string) (install.Machine, error) {
	m := machine(getenv)
	switch {
	case m.Home == "":
		return m, errors.New("cannot tell where your files are: HOME is not set")
	case os.Geteuid() == 0 && getenv("SUDO_USER") != "":
		return m, errors.New("these files are yours, not root's: run this without sudo")
	default:
		return m, nil
	}
}

func keyStore(getenv func(string) string) install.KeyStore {
	return install.KeyStore{Dir: machine(getenv).KeyDir()}
}

// entryConnection reads the connection back out of an entry; false if the entry is not ours.
func entryConnection(e install.Entry) (*connection, bool) {
	conn := new(connection)
	flags := pflag.NewFlagSet("entry", pflag.ContinueOnError)
	conn.register(flags)
	new(relayOptions).register(flags)
	if !e.Ours() || flags.Parse(e.Args) != nil || conn.url == "" {
		return nil, false
	}
	if !conn.keyGiven() {
		conn.authKey = e.Env[install.KeyVariable]
	}
	return conn, true
}

// keyGiven reports whether a flag says where the key is.
func (c *connection) keyGiven() bool {
	return c.authKey != "" || c.authKeyFile != "" || c.keyName != ""
}

// orInstalled completes a connection that names no server with what the entry
// called name says in one of this machine's hosts. So what works in the host can be
// tried at a terminal without repeating its flags. It returns the file that it used.
func (c *connection) orInstalled(getenv func(string) string, name string) (file string) {
	if c.url != "" || getenv("PIERRE_URL") != "" {
		return ""
	}
	targets, err := machine(getenv).Find()
	if err != nil {
		return ""
	}
	for _, t := range targets {
		e, found, err := t.Entry(name)
		if err != nil || !found {
			continue // install and doctor report it
		}
		if conn, ok := entryConnection(e); ok {
			c.adopt(conn, getenv)
			return t.File
		}
	}
	return ""
}

// adopt takes from other what c and the environment leave open.
func (c *connection) adopt(other *connection, getenv func(string) string) {
	c.url = other.url
	if !c.keyGiven() && getenv(install.KeyVariable) == "" {
		c.authKey, c.authKeyFile, c.keyName = other.authKey, other.authKeyFile, other.keyName
	}
	if c.clientCert == "" && c.clientKey == "" {
		c.clientCert, c.clientKey = other.clientCert, other.clientKey
	}
	c.caCert = orElse(c.caCert, other.caCert)
	c.proxy = orElse(c.proxy, other.proxy)
	c.headers = append(other.headers, c.headers...)
	c.allowHTTP = c.allowHTTP || other.allowHTTP
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
