//go:build darwin || windows

package install

import (
	"errors"

	"github.com/zalando/go-keyring"
)

const (
	hasKeychain = true
	// keychainService is the name under which the system shows the keys to their user.
	keychainService = "Pierre mcp-client"
)

func keychainSet(name, key string) error { return keyring.Set(keychainService, name, key) }

func keychainGet(name string) (string, error) {
	key, err := keyring.Get(keychainService, name)
	return key, noKey(err)
}

func keychainDelete(name string) error { return noKey(keyring.Delete(keychainService, name)) }

func noKey(err error) error {
	if errors.Is(err, keyring.ErrNotFound) {
		return ErrNoKey
	}
	return err
}
