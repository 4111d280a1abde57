//go:build !darwin && !windows

package install

import "errors"

const hasKeychain = false

func keychainSet(string, string) error { return errors.ErrUnsupported }

func keychainGet(string) (string, error) { return "", ErrNoKey }

func keychainDelete(string) error { return ErrNoKey }
