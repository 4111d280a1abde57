// Package script holds the one-line installers of mcp-client, which a server
// offers with its own address in them.
package script

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed install.sh
var shell string

//go:embed install.ps1
var powerShell string

// An origin stands inside quotes of two shells: nothing but host names, addresses and ports may be in it.
var origin = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^https?://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?$`)

// Shell returns install.sh for the server at that origin, such as https://pierre.example.com.
func Shell(from string) (string, error) { return render(shell, from) }

// PowerShell returns install.ps1 for the server at that origin.
func PowerShell(from string) (string, error) { return render(powerShell, from) }

// CheckOrigin reports whether from can stand in the scripts: scheme, host and port, and nothing else.
func CheckOrigin(from string) error {
	if !origin.MatchString(from) {
		return fmt.Errorf("%q is no origin such as https://pierre.example.com", from)
	}
	return nil
}

func render(script, from string) (string, error) {
	if err := CheckOrigin(from); err != nil {
		return "", err
	}
	return strings.ReplaceAll(script, "@ORIGIN@", from), nil
}
