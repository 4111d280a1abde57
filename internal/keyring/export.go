package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// An exported is the form in which a backup keeps secrets, the one in use first. None means that there was none.
type exported struct {
	JWT        []string `json:"jwt_secret"`
	Encryption []string `json:"encryption_key"`
}

// Export returns the secrets that Load would find, for a backup; it makes none. The text is as secret as they are.
func Export(dir string, jwt, encryption Source) ([]byte, error) {
	r := &Ring{dir: dir, jwt: jwt, encryption: encryption, read: "-"} // one that is missing is not made
	var out exported
	for _, f := range []struct {
		name, file string
		src        Source
		into       *[]string
	}{{jwtName, jwtFile, jwt, &out.JWT}, {encryptionName, encryptionFile, encryption, &out.Encryption}} {
		found, err := r.findAll(f.name, f.src, f.file)
		if errors.Is(err, fs.ErrNotExist) && !f.src.outside() {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			*f.into = append(*f.into, s.Reveal())
		}
	}
	return json.Marshal(out) //nolint:gosec // it is encrypted, or its reader is told
}

// ReadExport returns a Ring that opens what was sealed with the encryption keys that Export wrote. It reads no files, and neither
// seals nor signs.
func ReadExport(data []byte) (*Ring, error) {
	var in exported
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("reading the secrets of the backup: %w", err)
	}
	r := &Ring{dir: os.DevNull} // which has no files
	for _, text := range in.Encryption {
		s, err := newSealer(secret.New(text))
		if err != nil {
			return nil, fmt.Errorf("reading the secrets of the backup: %w", err)
		}
		r.now.sealers = append(r.now.sealers, s)
	}
	r.read = r.state()
	return r, nil
}

// A Restoring is secrets of a backup that are to be put back.
type Restoring struct {
	ring  *Ring
	texts [2][]string // in the order of the ring's files
}

// Restore reads what Export wrote, to put it into dir. A secret that is given from outside, or that dir has, must be the same
// one; another is [pierre.KindConflict].
func Restore(data []byte, dir string, jwt, encryption Source) (*Restoring, error) {
	var in exported
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("reading the secrets of the backup: %w", err)
	}
	r := &Restoring{&Ring{dir: dir, jwt: jwt, encryption: encryption, read: "-"}, [2][]string{in.JWT, in.Encryption}}
	for i, f := range r.ring.files() {
		if len(r.texts[i]) > 1+maxPrevious {
			return nil, fmt.Errorf("reading the secrets of the backup: %s is there %d times", f.name, len(r.texts[i]))
		}
		for _, text := range r.texts[i] {
			if err := guessable(text); err != nil {
				return nil, fmt.Errorf("reading the secrets of the backup: %s %w", f.name, err)
			}
		}
		if err := r.compare(f, r.texts[i]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Restoring) compare(f file, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	there, err := r.ring.findAll(f.name, f.src, filepath.Base(f.path))
	if errors.Is(err, fs.ErrNotExist) && !f.src.outside() {
		return nil
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(there, func(s secret.String) bool { return s.Reveal() == texts[0] }) {
		return nil
	}
	what := f.path
	if f.src.outside() {
		what = f.name
	}
	return &pierre.Error{Kind: pierre.KindConflict, Msg: what + " is another secret than that of the backup, so that what is encrypted or signed there could not be read. " +
		"Remove it, or give the one of the backup, and restore again."}
}

// Write writes the secrets that are not there yet to files of mode 0600, and returns their names.
func (r *Restoring) Write() (written []string, err error) {
	for i, f := range r.ring.files() {
		if len(r.texts[i]) == 0 || f.src.outside() {
			continue
		}
		if _, err := os.Stat(f.path); err == nil {
			continue
		}
		if err := os.MkdirAll(r.ring.dir, 0o700); err != nil {
			return written, fmt.Errorf("making the folder of the secrets: %w", err)
		}
		if more := r.texts[i][1:]; len(more) > 0 {
			if err := replaceFile(f.path+previousFile, strings.Join(more, "\n")+"\n"); err != nil {
				return written, fmt.Errorf("writing a secret: %w", err)
			}
			written = append(written, f.path+previousFile)
		}
		if err := replaceFile(f.path, r.texts[i][0]+"\n"); err != nil {
			return written, fmt.Errorf("writing a secret: %w", err)
		}
		written = append(written, f.path)
	}
	return written, nil
}

// JWTSecret returns the JWT_SECRET in use, which is not made if there is none: the zero value then.
func JWTSecret(dir string, src Source) (secret.String, error) {
	r := &Ring{dir: dir, read: "-"}
	s, err := r.findFirst(jwtName, src, dir, jwtFile)
	if errors.Is(err, fs.ErrNotExist) && !src.outside() {
		return secret.String{}, nil
	}
	return s, err
}

// Files returns the files that the secrets are read from. Those that are given as text have none.
func Files(dir string, jwt, encryption Source) []string {
	var files []string
	for _, f := range (&Ring{dir: dir, jwt: jwt, encryption: encryption}).files() {
		switch {
		case f.src.File != "":
			files = append(files, f.src.File)
		case !f.src.outside():
			files = append(files, f.path)
		}
	}
	return files
}
