package backup

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// minPassphrase is how many bytes a passphrase has at least: whoever has the backup can try them at leisure.
const minPassphrase = 16

// workFactor makes each try of a passphrase take a good part of a second and 128 MB.
const workFactor = 17

// A Lock is how the secrets of new backups are kept. The zero Lock leaves them out.
type Lock struct {
	way        Secrecy
	recipients []age.Recipient
}

// Secrets are what a backup holds beside the database.
type Secrets struct {
	// Export returns them as package keyring exports them. It is called when the database was copied: what was sealed anew meanwhile
	// can be read with them, too, since those before a rotation stay with those after it. Not called if the Lock leaves them out.
	Export func() ([]byte, error)
	Lock   Lock
}

// Way returns how the secrets are kept.
func (l Lock) Way() Secrecy {
	if l.way == "" {
		return SecretsAbsent
	}
	return l.way
}

// Plain leaves the secrets as they are: whoever has the backup has them.
func Plain() Lock { return Lock{way: SecretsPlain} }

// Passphrase encrypts the secrets with a passphrase.
func Passphrase(text secret.String) (Lock, error) {
	if len(text.Reveal()) < minPassphrase {
		return Lock{}, pierre.Invalid("passphrase", "the passphrase has %d bytes and needs at least %d; use the output of openssl rand -base64 32", len(text.Reveal()), minPassphrase)
	}
	r, err := age.NewScryptRecipient(text.Reveal())
	if err != nil {
		return Lock{}, err
	}
	r.SetWorkFactor(workFactor)
	return Lock{SecretsPassphrase, []age.Recipient{r}}, nil
}

// Recipients encrypts the secrets for the holders of identities, by their age recipients, one in a line: age1….
func Recipients(text string) (Lock, error) {
	list, err := age.ParseRecipients(bytes.NewReader([]byte(text)))
	if err != nil {
		return Lock{}, pierre.Invalid("recipient", "the recipients of the secrets must be age recipients, as age-keygen prints them: age1…")
	}
	return Lock{SecretsRecipients, list}, nil
}

// seal encrypts the secrets as l says.
func (l Lock) seal(text []byte) ([]byte, error) {
	if l.way == SecretsPlain {
		return text, nil
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, l.recipients...)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

// A Key opens the secrets of a backup. The zero Key opens only those that are kept plain.
type Key struct {
	passphrase age.Identity
	identities []age.Identity
}

// OpenPassphrase adds a passphrase to a key.
func (k Key) OpenPassphrase(text secret.String) (Key, error) {
	id, err := age.NewScryptIdentity(text.Reveal())
	if err != nil {
		return k, err
	}
	id.SetMaxWorkFactor(workFactor)
	k.passphrase = id
	return k, nil
}

// OpenIdentities adds the identities of a file that age-keygen wrote to a key.
func (k Key) OpenIdentities(r io.Reader) (Key, error) {
	list, err := age.ParseIdentities(r)
	if err != nil {
		return k, pierre.Invalid("identity", "the identity file must be one of age-keygen, with a line AGE-SECRET-KEY-…")
	}
	k.identities = list
	return k, nil
}

// errNoKey is the error of open if the key is of another kind than the lock.
var errNoKey = errors.New("no key")

// open decrypts the secrets of a backup.
func (k Key) open(way Secrecy, sealed []byte) ([]byte, error) {
	var with []age.Identity
	switch {
	case way == SecretsPlain:
		return sealed, nil
	case way == SecretsPassphrase && k.passphrase != nil:
		with = []age.Identity{k.passphrase}
	case way == SecretsRecipients && k.identities != nil:
		with = k.identities
	default:
		return nil, errNoKey
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), with...)
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(r, maxSecrets)); err == nil {
			return text, nil
		}
	}
	what := "passphrase"
	if way == SecretsRecipients {
		what = "identity"
	}
	return nil, &pierre.Error{Kind: pierre.KindDenied, Err: err, Msg: "The secrets of the backup cannot be decrypted with this " + what + ". Give the one that the backup was made with."}
}
