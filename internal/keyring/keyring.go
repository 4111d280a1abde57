// Package keyring holds the server's two secrets: one signs admin tokens, the other encrypts what must be readable again.
// It finds them, or makes them once in the data folder. Of each there may be several, as while they are rotated: the first
// signs or seals, all are accepted. Package access does the signing; API keys are hashed and need neither.
package keyring

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// The names of the secrets, and the files that Load makes in the data folder.
const (
	jwtName        = "JWT_SECRET"
	jwtFile        = "jwt.secret"
	encryptionName = "ENCRYPTION_KEY"
	encryptionFile = "encryption.key"
)

// A Ring is the two secrets. It is safe for concurrent use.
type Ring struct {
	// Made names the files that Load made, for the operator to know of.
	Made []string
	// Exposed names the files in the data folder that other users of the machine can read.
	Exposed []string

	dir             string
	jwt, encryption Source
	made            []string // names of those that Load made

	mu   sync.RWMutex
	now  keys
	read string // the state of the files when they were read last; "": never
}

// keys are the secrets, the one in use first.
type keys struct {
	jwt     []secret.String
	sealers []sealer
	text    [2][]secret.String // as they were read: JWT_SECRET and ENCRYPTION_KEY
}

// Load finds JWT_SECRET and ENCRYPTION_KEY, of at least 32 bytes each. Those that have no source
// are read from dir, and made there at random, mode 0600, if they are not there yet: programs
// that start at the same time end up with the same ones. A value that is too short, or that
// somebody copied from an example, is a [pierre.KindInvalid] error.
func Load(dir string, jwt, encryption Source) (*Ring, error) {
	r := &Ring{dir: dir, jwt: jwt, encryption: encryption}
	state := r.state()
	now, err := r.find()
	r.now, r.read = now, state
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Ring) find() (keys, error) {
	var k keys
	var errJWT, errKey error
	k.text[0], errJWT = r.findAll(jwtName, r.jwt, jwtFile)
	k.text[1], errKey = r.findAll(encryptionName, r.encryption, encryptionFile)
	if err := errors.Join(errJWT, errKey); err != nil {
		return k, err
	}
	k.jwt = k.text[0]
	for _, s := range k.text[1] {
		if slices.ContainsFunc(k.jwt, func(j secret.String) bool { return j.Reveal() == s.Reveal() }) {
			return k, pierre.Invalid(encryptionName, "JWT_SECRET and ENCRYPTION_KEY are the same; give each a value of its own")
		}
		sealer, err := newSealer(s)
		if err != nil {
			return k, err
		}
		k.sealers = append(k.sealers, sealer)
	}
	return k, nil
}

// Reload reads the secrets again, and reports whether they are others. If they cannot be read, those before stay in use.
func (r *Ring) Reload() (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reload()
}

// reload is Reload; r.mu is held.
func (r *Ring) reload() (changed bool, err error) {
	state := r.state()
	now, err := r.find()
	r.read = state
	if err != nil || equal(r.now.text, now.text) {
		return false, err
	}
	r.now = now
	return true, nil
}

func equal(a, b [2][]secret.String) bool {
	same := func(x, y secret.String) bool { return x.Reveal() == y.Reveal() }
	return slices.EqualFunc(a[0], b[0], same) && slices.EqualFunc(a[1], b[1], same)
}

// state tells whether the files were changed. It is never empty.
func (r *Ring) state() string {
	b := []byte{'-'}
	for _, f := range r.files() {
		paths := []string{f.path, f.path + previousFile}
		if f.src.outside() {
			paths = []string{f.src.File, f.src.PreviousFile}
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil {
				b = fmt.Appendf(b, "%d %d\n", info.ModTime().UnixNano(), info.Size())
			} else {
				b = append(b, '\n')
			}
		}
	}
	return string(b)
}

func (r *Ring) keys() keys {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.now
}

// reread returns the secrets, after reading them again if their files have changed: another program may have rotated them.
func (r *Ring) reread() keys {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state() != r.read {
		r.reload() //nolint:errcheck // those before stay in use; the background job reports the error
	}
	return r.now
}

// JWTSecret returns the secret that signs admin tokens.
func (r *Ring) JWTSecret() secret.String { return r.keys().jwt[0] }

// JWTSecrets returns the secrets that an admin token may be signed with: that of the id, see [secret.String.ID], or all
// for a token without an id. None means that the token was signed with another.
func (r *Ring) JWTSecrets(id string) []secret.String {
	if id == "" {
		return r.keys().jwt
	}
	for _, k := range []func() keys{r.keys, r.reread} {
		for _, s := range k().jwt {
			if s.ID() == id {
				return []secret.String{s}
			}
		}
	}
	return nil
}
