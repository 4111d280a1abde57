package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is who the programs run as, by number so that Kubernetes can tell that it is not root.
const user = 65532

const server = "pierre-mcp-server"

// alsoServer are the names with which the server's program is another one. They are links to it.
func alsoServer() []string { return []string{"admin-setup", "pierre-admin-service"} }

// A file of the image, a symbolic link, or a folder if there is neither body nor link.
type file struct {
	path  string // without a slash in front
	mode  fs.FileMode
	owner int
	body  []byte
	link  string // where it leads, seen from its folder
}

type files []file

// files returns what is in the image, in the order in which it is written: first what seldom changes.
func (b *build) files() (files, error) {
	roots, err := certificates()
	if err != nil {
		return nil, err
	}
	list := files{
		{path: "data", mode: 0o700, owner: user},    // a new volume takes its owner from this folder
		{path: "backups", mode: 0o700, owner: user}, // the same
		{path: "tmp", mode: 0o1777},
		{path: "etc/passwd", mode: 0o644, body: fmt.Appendf(nil, "root:x:0:0:root:/:/sbin/nologin\npierre:x:%d:%d:Pierre:/data:/sbin/nologin\n", user, user)},
		{path: "etc/group", mode: 0o644, body: fmt.Appendf(nil, "root:x:0:\npierre:x:%d:\n", user)},
		{path: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, body: roots},
	}
	zones, err := timeZones(b.zones)
	if err != nil {
		return nil, err
	}
	list = append(list, zones...)
	for _, name := range []string{"LICENSE", "NOTICES.md"} {
		body, err := os.ReadFile(filepath.Join(b.licenses, name))
		if err != nil {
			return nil, err
		}
		list = append(list, file{path: "usr/share/doc/pierre/" + name, mode: 0o644, body: body})
	}
	for _, name := range []string{"mcp-client", server} {
		body, err := os.ReadFile(filepath.Join(b.programs, name))
		if err != nil {
			return nil, err
		}
		list = append(list, file{path: programFolder + name, mode: 0o755, body: body})
	}
	for _, name := range alsoServer() {
		list = append(list, file{path: programFolder + name, mode: 0o777, link: server})
	}
	return list, nil
}

const programFolder = "usr/local/bin/"

// certificates returns the roots that Mozilla trusts, as PEM. Roots that it trusts only under conditions are left out: a file
// cannot say the conditions.
func certificates() ([]byte, error) {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	if out.Len() == 0 {
		return nil, errors.New("there are no root certificates")
	}
	return out.Bytes(), nil
}

// timeZones returns the Go toolchain's time zones, as files where C programs and others look for them, too.
func timeZones(path string) (files, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("reading the time zones of %s: %w", path, err)
	}
	defer archive.Close() //nolint:errcheck // nothing was written
	var list files
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if !fs.ValidPath(f.Name) {
			return nil, fmt.Errorf("%s holds the path %q", path, f.Name)
		}
		body, err := readZone(f)
		if err != nil {
			return nil, fmt.Errorf("reading the time zone %s: %w", f.Name, err)
		}
		list = append(list, file{path: "usr/share/zoneinfo/" + f.Name, mode: 0o644, body: body})
	}
	return list, nil
}

func readZone(f *zip.File) ([]byte, error) {
	const most = 1 << 20
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	body, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(body) > most {
		err = errors.New("it is too long")
	}
	return body, err
}

func (l files) size() (n int64) {
	for _, f := range l {
		n += int64(len(f.body))
	}
	return n
}

// split returns the files that seldom change, and those of a build.
func (l files) split() (base, programs files) {
	for _, f := range l {
		if strings.HasPrefix(f.path, programFolder) {
			programs = append(programs, f)
		} else {
			base = append(base, f)
		}
	}
	return base, programs
}

// tar returns the files as an archive, with the folders that they lie in.
func (l files) tar(at time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range l.withFolders() {
		h := &tar.Header{
			Name: f.path, Mode: int64(f.mode.Perm()), Uid: f.owner, Gid: f.owner, ModTime: at, Size: int64(len(f.body)),
			Typeflag: tar.TypeReg, Format: tar.FormatPAX,
		}
		switch {
		case f.link != "":
			h.Typeflag, h.Linkname = tar.TypeSymlink, f.link
		case f.body == nil:
			h.Typeflag, h.Name = tar.TypeDir, f.path+"/"
		}
		if f.mode&0o1000 != 0 {
			h.Mode |= 0o1000
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.body); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

// withFolders adds the folders in which files lie, each before its files.
func (l files) withFolders() files {
	known := map[string]bool{".": true}
	var out files
	var add func(dir string)
	add = func(dir string) {
		if known[dir] {
			return
		}
		known[dir] = true
		add(filepath.Dir(dir))
		out = append(out, file{path: dir, mode: 0o755})
	}
	for _, f := range l {
		add(filepath.Dir(f.path))
		known[f.path] = true
		out = append(out, f)
	}
	return slices.Clip(out)
}

// writeTo writes the files into a folder. Only root can give them their owners.
func (l files) writeTo(dir string) error {
	for _, f := range l.withFolders() {
		path := filepath.Join(dir, f.path)
		if f.link != "" {
			if err := os.Symlink(f.link, path); err != nil {
				return err
			}
			continue
		}
		if f.body == nil {
			if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // the image's users may look into its folders
				return err
			}
		} else if err := os.WriteFile(path, f.body, f.mode.Perm()); err != nil {
			return err
		}
		mode := f.mode.Perm()
		if f.mode&0o1000 != 0 {
			mode |= fs.ModeSticky
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
		if f.owner != 0 && os.Geteuid() == 0 {
			if err := os.Chown(path, f.owner, f.owner); err != nil {
				return err
			}
		}
	}
	return nil
}
