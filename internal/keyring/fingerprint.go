package keyring

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// A FingerprintStore remembers which secrets a database is used with.
type FingerprintStore interface {
	// KeepFingerprints keeps the first fingerprint of each name. It returns the names of which another one was kept before
	// that is not among the name's, or that are made now though the database holds admin tokens already.
	KeepFingerprints(ctx context.Context, fingerprints map[string][]string, made []string) (changed []string, err error)
}

// Compare tells the database which secrets it is used with now, and returns what its operator should be warned of: a
// database that was restored without its secret files would otherwise get new ones in silence. A secret that was rotated is
// no cause for a warning while the one before is still accepted.
func (r *Ring) Compare(ctx context.Context, database FingerprintStore) (warnings []string, err error) {
	fingerprints := map[string][]string{}
	now := r.keys()
	for i, name := range []string{jwtName, encryptionName} {
		for _, s := range now.text[i] {
			taken, err := fingerprint(name, s)
			if err != nil {
				return nil, err
			}
			fingerprints[name] = append(fingerprints[name], taken)
		}
	}
	changed, err := database.KeepFingerprints(ctx, fingerprints, r.made)
	for _, name := range changed {
		lost, file := "admin tokens that were issued before are refused", jwtFile
		if name == encryptionName {
			lost, file = "what was encrypted before cannot be read", encryptionFile
		}
		warnings = append(warnings, fmt.Sprintf("%s is not the one that this database was used with before: %s; "+
			"if this is a restored backup, stop the server and restore %s, too; if it was rotated, give the one before as %s%s",
			name, lost, file, name, previousName))
	}
	return warnings, err
}

// fingerprint tells a secret from others without giving it away.
func fingerprint(name string, s secret.String) (string, error) {
	const size = 16
	b, err := hkdf.Key(sha256.New, []byte(s.Reveal()), nil, "pierre fingerprint v1 "+name, size)
	if err != nil {
		return "", fmt.Errorf("taking the fingerprint of %s: %w", name, err)
	}
	return hex.EncodeToString(b), nil
}
