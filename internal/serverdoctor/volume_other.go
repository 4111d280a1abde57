//go:build !linux

package serverdoctor

import "errors"

// volumeOf is not known here.
func volumeOf(string) (volume, error) { return volume{}, errors.ErrUnsupported }
