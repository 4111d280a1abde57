package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/internal/cli"
)

func TestSettingsAreReadInOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		args         []string
		env          map[string]string
		want, source string
	}{
		"default":        {nil, nil, "8081", "--port"},
		"other variable": {nil, map[string]string{"PORT": "80"}, "80", "PORT"},
		"variable":       {nil, map[string]string{"PORT": "80", "TOOL_PORT": "81"}, "81", "TOOL_PORT"},
		"flag":           {[]string{"--port", "82"}, map[string]string{"PORT": "80", "TOOL_PORT": "81"}, "82", "--port"},
		"empty variable": {nil, map[string]string{"TOOL_PORT": ""}, "8081", "--port"},
		"empty flag":     {[]string{"--port="}, map[string]string{"TOOL_PORT": "81"}, "", "--port"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			flags := pflag.NewFlagSet("tool", pflag.ContinueOnError)
			s := cli.BindSettings(flags, func(name string) string { return tc.env[name] }, []cli.Setting{{
				Flag: "port", Env: "TOOL_PORT", Default: "8081", Help: "port",
				Other: func(getenv func(string) string) (string, string) {
					if v := getenv("PORT"); v != "" {
						return "PORT", v
					}
					return "", ""
				},
				Parse: func(text string) error { got = text; return nil },
			}})
			if err := flags.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			if err := s.Parse(); err != nil || got != tc.want || s.Source("port") != tc.source || s.Given("port") != (tc.args != nil) || s.Set("port") != (tc.want != "8081") {
				t.Errorf("%q from %s, %v; want %q from %s", got, s.Source("port"), err, tc.want, tc.source)
			}
		})
	}
}

func TestSettingsReportAllMistakesByTheirSource(t *testing.T) {
	flags := pflag.NewFlagSet("tool", pflag.ContinueOnError)
	refuse := func(string) error { return errors.New("is wrong") }
	env := map[string]string{"TOOL_HOST": "hunter2"}
	s := cli.BindSettings(flags, func(name string) string { return env[name] }, []cli.Setting{
		{Flag: "host", Env: "TOOL_HOST", Help: "host", Parse: refuse},
		{Flag: "port", Env: "TOOL_PORT", Help: "port", Parse: refuse},
	})
	err := s.Parse()
	if err == nil || err.Error() != "TOOL_HOST: is wrong\n--port: is wrong" {
		t.Errorf("Parse() = %v", err)
	}
	if strings.Contains(flags.FlagUsages(), "hunter2") {
		t.Errorf("the help shows the environment:\n%s", flags.FlagUsages())
	}
}

func TestASwitchNeedsNoValue(t *testing.T) {
	for args, want := range map[string]string{"": "false", "--log": "true", "--log=off": "off"} {
		var got string
		flags := pflag.NewFlagSet("tool", pflag.ContinueOnError)
		s := cli.BindSettings(flags, func(string) string { return "" }, []cli.Setting{{
			Flag: "log", Env: "TOOL_LOG", Default: "false", Help: "log", Switch: true, Parse: func(text string) error { got = text; return nil },
		}})
		if err := errors.Join(flags.Parse(strings.Fields(args)), s.Parse()); err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", args, got, err, want)
		}
	}
}

// A secret can lie in a file that a variable names; what cannot be read, or is given twice, is said and not left out.
func TestSettingsFromFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(path, []byte("held\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args               []string
		env                map[string]string
		want, source, fail string
	}{
		"file":          {nil, map[string]string{"URL_FILE": path}, "held", "URL_FILE", ""},
		"flag":          {[]string{"--url", "given"}, map[string]string{"URL_FILE": path}, "given", "--url", ""},
		"both":          {nil, map[string]string{"URL": "set", "URL_FILE": path}, "", "URL", "URL: URL_FILE is set, too"},
		"unreadable":    {nil, map[string]string{"URL_FILE": path + "x"}, "", "URL_FILE", "URL_FILE: stat"},
		"not of a file": {nil, map[string]string{"NAME_FILE": path}, "none", "--url", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got, named string
			flags := pflag.NewFlagSet("tool", pflag.ContinueOnError)
			s := cli.BindSettings(flags, func(name string) string { return tc.env[name] }, []cli.Setting{
				{Flag: "url", Env: "URL", File: true, Default: "none", Parse: func(text string) error { got = text; return nil }},
				{Flag: "name", Env: "NAME", Parse: func(text string) error { named = text; return nil }},
			})
			if err := flags.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			err := s.Parse()
			if (err == nil) != (tc.fail == "") || err != nil && !strings.Contains(err.Error(), tc.fail) {
				t.Errorf("the error is %v", err)
			}
			if got != tc.want || named != "" || s.Source("url") != tc.source {
				t.Errorf("%q and %q, from %s", got, named, s.Source("url"))
			}
		})
	}
}
