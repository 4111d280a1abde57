package cli

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// fileSuffix stands behind the name of a variable that names a file with the value.
const fileSuffix = "_FILE"

// A Setting is a value that a flag, an environment variable or a default gives, in this order.
type Setting struct {
	Flag    string // without the dashes; "": there is none, as for secrets, which others could read in a command line
	Env     string
	Default string
	Help    string
	Switch  bool // the flag alone means "true"
	File    bool // the variable with _FILE behind its name can name a file that holds the value, as of a secret

	// Other looks for the value in variables that are not only this program's. It returns the name of
	// the variable and the value, or "" if there is none. It is asked if the flag and Env give nothing. May be nil.
	Other func(getenv func(string) string) (name, text string)

	// Parse checks the text and keeps its value. Its error continues a line that begins with the name of
	// the flag or of the variable.
	Parse func(text string) error
}

// Settings are the settings of one program.
type Settings struct {
	list    []Setting
	texts   []string
	getenv  func(string) string
	flags   *pflag.FlagSet
	sources map[string]string
}

// BindSettings adds the flags of the settings to flags. Values are read when Parse is called.
func BindSettings(flags *pflag.FlagSet, getenv func(string) string, list []Setting) *Settings {
	s := &Settings{list: list, texts: make([]string, len(list)), getenv: getenv, flags: flags, sources: map[string]string{}}
	for i, item := range list {
		if item.Flag == "" {
			continue
		}
		variables := item.Env
		if item.File {
			variables += " or " + item.Env + fileSuffix
		}
		flags.StringVar(&s.texts[i], item.Flag, item.Default, item.Help+" ["+variables+"]")
		if item.Switch {
			flags.Lookup(item.Flag).NoOptDefVal = "true"
		}
	}
	return s
}

// Parse reads every setting once. Its error holds all mistakes, a line each.
func (s *Settings) Parse() error {
	var errs []error
	for i, item := range s.list {
		source, text, err := s.find(item, s.texts[i])
		s.sources[cmp.Or(item.Flag, item.Env)] = source
		if err == nil {
			err = item.Parse(text)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", source, err))
		}
	}
	return errors.Join(errs...)
}

// find returns where the value comes from and what it is.
func (s *Settings) find(item Setting, text string) (source, value string, err error) {
	flag := "--" + item.Flag
	if item.Flag == "" {
		flag = item.Env
	} else if s.flags.Changed(item.Flag) {
		return flag, text, nil
	}
	v := s.getenv(item.Env)
	if path := s.getenv(item.Env + fileSuffix); item.File && path != "" {
		if v != "" {
			return item.Env, "", fmt.Errorf("%s is set, too; give one of them", item.Env+fileSuffix)
		}
		held, err := secret.ReadFile(path)
		return item.Env + fileSuffix, held.Reveal(), err
	}
	if v != "" {
		return item.Env, v, nil
	}
	if item.Other != nil {
		if name, v := item.Other(s.getenv); name != "" {
			return name, v, nil
		}
	}
	return flag, item.Default, nil
}

// Source returns what gave the value of a flag: the flag itself, with its dashes, or the name of a variable. A setting
// without a flag is asked for by its variable.
func (s *Settings) Source(flag string) string { return s.sources[flag] }

// Given reports whether the flag stands in the command line.
func (s *Settings) Given(flag string) bool { return s.flags.Changed(flag) }

// Set reports whether a flag or a variable gave the value, rather than the default.
func (s *Settings) Set(flag string) bool {
	return s.Given(flag) || s.sources[flag] != "--"+flag
}
