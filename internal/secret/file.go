package secret

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// MaxFile is how many bytes a file with a secret has at most.
const MaxFile = 64 << 10

// ReadFile returns the secret that a file holds, without the space around it. It fails for what is no file, such as a folder or
// a pipe, which could be waited for without end, for an empty file, and for one that is longer than MaxFile.
func ReadFile(path string) (String, error) {
	info, err := os.Stat(path)
	if err != nil {
		return String{}, err
	}
	if !info.Mode().IsRegular() {
		return String{}, fmt.Errorf("%s is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return String{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	text := strings.TrimSpace(string(b))
	switch {
	case err != nil:
		return String{}, err
	case len(b) > MaxFile:
		return String{}, fmt.Errorf("%s is longer than a secret", path)
	case text == "":
		return String{}, fmt.Errorf("%s is empty", path)
	}
	return New(text), nil
}
