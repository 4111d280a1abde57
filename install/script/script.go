// Package script holds the one-line installers of mcp-client, which a server
// offers with its own address in them, and with the key that its builds are signed by.
package script

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

//go:embed install.sh
var shell string

//go:embed install.ps1
var powerShell string

// A Release is what an installer demands of the builds that it downloads. The zero value demands no signature.
type Release struct {
	// Key is the public key of the signature: a SubjectPublicKeyInfo of the curve P-256, in base64.
	Key string
	// Version is what the signed list of checksums must be of, such as 1.2.3.
	Version string
}

// What stands inside quotes of two shells: nothing but host names, addresses and ports, a key, a version may be in it.
var (
	origin  = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^https?://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?$`)
	key     = regexp.MustCompile(`^[A-Za-z0-9+/]{122}==$`) // 91 bytes
	version = regexp.MustCompile(`^[0-9A-Za-z.+-]{1,64}$`)
)

// Shell returns install.sh for the server at that origin, such as https://pierre.example.com.
func Shell(from string, r Release) (string, error) { return render(shell, from, r) }

// PowerShell returns install.ps1 for the server at that origin.
func PowerShell(from string, r Release) (string, error) { return render(powerShell, from, r) }

// CheckOrigin reports whether from can stand in the scripts: scheme, host and port, and nothing else.
func CheckOrigin(from string) error {
	if !origin.MatchString(from) {
		return fmt.Errorf("%q is no origin such as https://pierre.example.com", from)
	}
	return nil
}

func render(script, from string, r Release) (string, error) {
	if err := CheckOrigin(from); err != nil {
		return "", err
	}
	if r != (Release{}) && (!key.MatchString(r.Key) || !version.MatchString(r.Version)) {
		return "", errors.New("what the builds are signed with is no key and version")
	}
	return strings.NewReplacer("@ORIGIN@", from, "@KEY@", r.Key, "@VERSION@", r.Version).Replace(script), nil
}
