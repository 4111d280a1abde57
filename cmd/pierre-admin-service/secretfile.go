package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

const maxSecretFile = 64 << 10

// fromFile looks for the value of a variable in the file that the variable with _FILE behind its name names. That a file cannot
// be read is told when all settings are: the value is not only missing.
func (c *config) fromFile(name string) func(getenv func(string) string) (source, text string) {
	return func(getenv func(string) string) (source, text string) {
		path := getenv(name + "_FILE")
		if path == "" {
			return "", ""
		}
		text, err := readSecret(path)
		if err != nil {
			c.unreadable[name] = fmt.Errorf("%s_FILE: %w", name, err)
		}
		return name + "_FILE", text
	}
}

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	text := strings.TrimSpace(string(b))
	switch {
	case err != nil:
		return "", err
	case len(b) > maxSecretFile:
		return "", fmt.Errorf("%s is longer than a secret", path)
	case text == "":
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

func (c *config) unreadableFiles() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.unreadable)) {
		errs = append(errs, c.unreadable[name])
	}
	return errors.Join(errs...)
}

// parse reads all settings.
func (c *config) parse() error {
	c.unreadable = map[string]error{}
	return c.settings.Parse()
}
