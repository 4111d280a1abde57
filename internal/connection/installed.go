package connection

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/install"
)

const (
	// Program is the base name of the client, which entries in hosts start.
	Program = "mcp-client"
	// DefaultEntry is what the entry in a host is called unless the user says otherwise.
	DefaultEntry = "pierre"
	// URLVariable is the environment variable of the server's URL.
	URLVariable = "PIERRE_URL"
	// AthleteVariable is the environment variable of the athlete for whom an application's key is used.
	AthleteVariable = "PIERRE_ATHLETE"
)

// LogFlags are the flags of the relay's log, which an entry may hold too.
type LogFlags struct {
	Level string
	File  string
}

// Register adds the flags to a flag set.
func (l *LogFlags) Register(flags *pflag.FlagSet) {
	flags.StringVar(&l.Level, "log-level", "", "`level`: off, error, warn, info or debug, which shows every message, secrets masked (default off; info with --log-file)")
	flags.StringVar(&l.File, "log-file", "", "log to this `file` instead of stderr; it is rotated at 10 MB, and 3 old ones are kept")
}

// KeyStore is where the keys of the user whose environment this is are stored.
func KeyStore(getenv func(string) string) install.KeyStore {
	return install.KeyStore{Dir: install.ThisMachine(getenv).KeyDir()}
}

// FromEntry reads the settings back out of an entry; false if it does not start the client, or not with flags that we know.
func FromEntry(e install.Entry) (*Settings, bool) {
	s := new(Settings)
	flags := pflag.NewFlagSet("entry", pflag.ContinueOnError)
	s.Register(flags)
	new(LogFlags).Register(flags)
	if !e.Starts(Program) || flags.Parse(e.Args) != nil || s.URL == "" {
		return nil, false
	}
	if !s.KeyGiven() {
		s.AuthKey = e.Env[install.KeyVariable]
	}
	return s, true
}

// KeyGiven reports whether a flag says where the key is.
func (s *Settings) KeyGiven() bool {
	return s.AuthKey != "" || s.AuthKeyFile != "" || s.KeyName != ""
}

// OrInstalled completes settings that name no server with what the entry called
// name says in one of this machine's hosts. So what works in the host can be tried
// at a terminal without repeating its flags. It returns the file that it used.
func (s *Settings) OrInstalled(getenv func(string) string, name string) (file string) {
	if s.URL != "" || getenv(URLVariable) != "" {
		return ""
	}
	targets, err := install.ThisMachine(getenv).Find()
	if err != nil {
		return ""
	}
	for _, t := range targets {
		e, found, err := t.Entry(name)
		if err != nil || !found {
			continue // install and doctor report it
		}
		if installed, ok := FromEntry(e); ok {
			s.adopt(installed, getenv)
			return t.File
		}
	}
	return ""
}

// adopt takes from other what s and the environment leave open.
func (s *Settings) adopt(other *Settings, getenv func(string) string) {
	s.URL = other.URL
	if !s.KeyGiven() && getenv(install.KeyVariable) == "" {
		s.AuthKey, s.AuthKeyFile, s.KeyName = other.AuthKey, other.AuthKeyFile, other.KeyName
	}
	if s.Athlete == "" && getenv(AthleteVariable) == "" {
		s.Athlete = other.Athlete
	}
	if s.ClientCert == "" && s.ClientKey == "" {
		s.ClientCert, s.ClientKey = other.ClientCert, other.ClientKey
	}
	s.CACert = orElse(s.CACert, other.CACert)
	s.Proxy = orElse(s.Proxy, other.Proxy)
	s.Headers = append(other.Headers, s.Headers...)
	s.AllowHTTP = s.AllowHTTP || other.AllowHTTP
}

// Args are the flags with which a host reaches the server as these settings do,
// files by their absolute paths, without the key.
func (s *Settings) Args(getenv func(string) string) ([]string, error) {
	args := []string{"--url", orElse(s.URL, getenv(URLVariable))}
	for _, f := range []struct{ flag, path string }{{"--ca-cert", s.CACert}, {"--client-cert", s.ClientCert}, {"--client-key", s.ClientKey}} {
		if f.path == "" {
			continue
		}
		path, err := filepath.Abs(f.path)
		if err != nil {
			return nil, fmt.Errorf("finding the file of %s: %w", f.flag, err)
		}
		args = append(args, f.flag, path)
	}
	if athlete := s.AthleteName(getenv); athlete != "" {
		args = append(args, "--athlete", athlete)
	}
	if s.Proxy != "" {
		args = append(args, "--proxy", s.Proxy)
	}
	for _, h := range s.Headers {
		args = append(args, "--header", h)
	}
	if s.AllowHTTP {
		args = append(args, "--allow-http")
	}
	return args, nil
}

// AthleteName is how the application whose key is used calls the athlete; "" if nobody was named.
func (s *Settings) AthleteName(getenv func(string) string) string {
	return orElse(s.Athlete, getenv(AthleteVariable))
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
