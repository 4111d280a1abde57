//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	maxImage  = 45_000_000 // bytes, compressed
	maxClient = 10_000_000
	imageUser = 65532
)

// An image is a container image, read from its file.
type image struct {
	Config struct {
		User        string
		Env         []string
		Cmd         []string
		Labels      map[string]string
		Healthcheck struct{ Test []string }
	}
	layers [][]byte // compressed
}

type descriptor struct {
	MediaType, Digest, ArtifactType string
	Size                            int
}

type manifest struct {
	Config  descriptor
	Layers  []descriptor
	Subject *descriptor
}

// readImage reads an OCI layout and checks each digest, that the image is small, and what is attached to it.
func readImage(t *testing.T, file string) *image {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parts := map[string][]byte{}
	eachFile(t, f, func(h *tar.Header, body []byte) { parts[h.Name] = body })
	blob := func(d descriptor) []byte {
		t.Helper()
		body := parts["blobs/"+strings.ReplaceAll(d.Digest, ":", "/")]
		if sum := sha256.Sum256(body); "sha256:"+hex.EncodeToString(sum[:]) != d.Digest || len(body) != d.Size {
			t.Fatalf("%s has %d bytes and not this digest", d.Digest, len(body))
		}
		return body
	}
	index := decode[struct{ Manifests []descriptor }](t, parts["index.json"])
	if len(index.Manifests) != 3 {
		t.Fatalf("the index has %d manifests; want the image, its bill of materials, its provenance", len(index.Manifests))
	}
	m := decode[manifest](t, blob(index.Manifests[0]))
	img := decode[image](t, blob(m.Config))
	total := 0
	for _, l := range m.Layers {
		img.layers = append(img.layers, blob(l))
		total += l.Size
	}
	if total > maxImage {
		t.Errorf("the layers have %d bytes, more than %d", total, maxImage)
	}
	for i, wants := range [][]string{{"pkg:golang/github.com/mattn/go-sqlite3@v", "pkg:golang/stdlib@1."}, {"https://slsa.dev/provenance/v1", strings.TrimPrefix(index.Manifests[0].Digest, "sha256:")}} {
		attached := decode[manifest](t, blob(index.Manifests[i+1]))
		if attached.Subject == nil || attached.Subject.Digest != index.Manifests[0].Digest {
			t.Errorf("%s is not of the image", index.Manifests[i+1].ArtifactType)
		}
		for _, want := range wants {
			if !bytes.Contains(blob(attached.Layers[0]), []byte(want)) {
				t.Errorf("%s does not say %q", index.Manifests[i+1].ArtifactType, want)
			}
		}
	}
	return &img
}

func eachFile(t *testing.T, from io.Reader, do func(h *tar.Header, body []byte)) {
	t.Helper()
	for in := tar.NewReader(from); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		do(h, body)
	}
}

// unpack writes the files of the image to root, with their owners where this user may give them.
func (img *image) unpack(t *testing.T, root string) {
	t.Helper()
	if img.Config.User != "65532:65532" || len(img.Config.Cmd) != 1 || img.Config.Cmd[0] != "pierre-mcp-server" {
		t.Errorf("the image starts %v as %s", img.Config.Cmd, img.Config.User)
	}
	for _, layer := range img.layers {
		plain, err := gzip.NewReader(bytes.NewReader(layer))
		if err != nil {
			t.Fatal(err)
		}
		eachFile(t, plain, func(h *tar.Header, body []byte) {
			path := filepath.Join(root, filepath.Clean("/"+h.Name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			switch h.Typeflag {
			case tar.TypeSymlink:
				if err := os.Symlink(h.Linkname, path); err != nil {
					t.Fatal(err)
				}
				return
			case tar.TypeDir:
				err = os.MkdirAll(path, 0o755)
			default:
				err = os.WriteFile(path, body, 0o644)
			}
			if err := errors.Join(err, os.Chmod(path, h.FileInfo().Mode())); err != nil {
				t.Fatal(err)
			}
			if os.Geteuid() == 0 {
				if err := os.Lchown(path, h.Uid, h.Gid); err != nil {
					t.Fatal(err)
				}
			}
			checkFile(t, h, body)
		})
	}
}

// checkFile looks for what must be in the image, and what must not.
func checkFile(t *testing.T, h *tar.Header, body []byte) {
	t.Helper()
	switch name := h.Name; {
	case strings.HasSuffix(name, "/sh") || strings.HasSuffix(name, "busybox") || strings.Contains(name, ".so"):
		t.Errorf("%s is in the image", name)
	case strings.HasSuffix(name, "/ca-certificates.crt"):
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(body) || bytes.Count(body, []byte("BEGIN CERTIFICATE")) < 100 {
			t.Errorf("%s has few certificates", name)
		}
	case strings.HasSuffix(name, "/zoneinfo/Europe/Zurich"):
		if _, err := time.LoadLocationFromTZData("Europe/Zurich", body); err != nil {
			t.Error(err)
		}
	case strings.HasSuffix(name, "bin/mcp-client") && len(body) > maxClient:
		t.Errorf("mcp-client has %d bytes, more than %d", len(body), maxClient)
	}
	if h.Mode&0o022 != 0 && h.Name != "tmp/" || h.Mode&0o6000 != 0 {
		t.Errorf("%s has the mode %o", h.Name, h.Mode)
	}
}

// inRoot makes programs start with root as their root folder and as the image's user. Who is not root becomes that user in a user
// namespace.
func inRoot(t *testing.T, root string) func(cmd *exec.Cmd) {
	t.Helper()
	who := &syscall.Credential{Uid: imageUser, Gid: imageUser}
	attr := &syscall.SysProcAttr{Chroot: root, Credential: who}
	if os.Geteuid() != 0 {
		who.NoSetGroups = true
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: imageUser, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: imageUser, HostID: os.Getgid(), Size: 1}}
	} else if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) { cmd.Dir, cmd.SysProcAttr = "/data", attr }
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// copySources copies what a build of the programs needs.
func copySources(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(name, "_test.go") || d.Name() == "node_modules" || name == "bin" || name == "dist" || name == "docs" || name == "data" {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), body, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func digestOf(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
