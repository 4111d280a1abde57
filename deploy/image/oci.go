package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A written is what became of an image.
type written struct {
	digest     v1.Hash
	compressed int64 // bytes of the layers
}

// writeImage writes the image, with its bill of materials and its provenance, as one file.
func (b *build) writeImage(list files, output string) (w written, err error) {
	img, err := b.image(list)
	if err != nil {
		return w, err
	}
	if w.digest, err = img.Digest(); err != nil {
		return w, err
	}
	layers, err := img.Layers()
	if err != nil {
		return w, err
	}
	for _, l := range layers {
		n, err := l.Size()
		if err != nil {
			return w, err
		}
		w.compressed += n
	}
	dir, err := os.MkdirTemp(filepath.Dir(output), "image-")
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := b.writeLayout(img, list, dir); err != nil {
		return w, err
	}
	return w, b.pack(dir, output)
}

// image returns the image: a layer of what seldom changes, and one of the programs.
func (b *build) image(list files) (v1.Image, error) {
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	base, programs := list.split()
	for _, part := range []struct {
		list files
		what string
	}{{base, "certificates, time zones, user"}, {programs, "programs"}} {
		raw, err := part.list.tar(b.created)
		if err != nil {
			return nil, err
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil },
			tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
		if err != nil {
			return nil, err
		}
		img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "image: " + part.what, Created: v1.Time{Time: b.created}}})
		if err != nil {
			return nil, err
		}
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, cfg.Created, cfg.Config = "linux", b.arch, v1.Time{Time: b.created}, b.config()
	return mutate.ConfigFile(img, cfg)
}

// writeLayout writes an OCI image layout, whose index names the image and what refers to it. Docker before version 25 does not
// read the index, and so finds a manifest.json of its own.
func (b *build) writeLayout(img v1.Image, list files, dir string) error {
	at, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	subject, err := partial.Descriptor(img)
	if err != nil {
		return err
	}
	subject.ArtifactType = "" // the library gives it that of the configuration; runtimes pass over what has one
	named := *subject
	named.Platform = &v1.Platform{OS: "linux", Architecture: b.arch}
	named.Annotations = map[string]string{
		"org.opencontainers.image.ref.name": b.tag(), "io.containerd.image.name": "docker.io/library/pierre:" + b.tag(),
	}
	if err := errors.Join(at.WriteImage(img), at.AppendDescriptor(named)); err != nil {
		return err
	}
	bill, err := b.billOfMaterials(list)
	if err != nil {
		return err
	}
	origin, err := b.provenance(subject.Digest)
	if err != nil {
		return err
	}
	for _, a := range []struct {
		mediaType string
		body      []byte
	}{{"application/vnd.cyclonedx+json", bill}, {"application/vnd.in-toto+json", origin}} {
		artifact, err := attached(a.body, types.MediaType(a.mediaType), *subject)
		if err != nil {
			return err
		}
		if err := at.AppendImage(artifact); err != nil {
			return err
		}
	}
	return b.writeDockerManifest(img, dir)
}

// attached returns an artifact that refers to subject, as the OCI image specification 1.1 describes.
func attached(body []byte, mediaType types.MediaType, subject v1.Descriptor) (v1.Image, error) {
	img, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), static.NewLayer(body, mediaType))
	if err != nil {
		return nil, err
	}
	img = mutate.ConfigMediaType(img, mediaType)
	out, ok := mutate.Subject(img, subject).(v1.Image)
	if !ok {
		return nil, errors.New("an artifact of an image is an image")
	}
	return out, nil
}

func (b *build) writeDockerManifest(img v1.Image, dir string) error {
	manifest, err := img.Manifest()
	if err != nil {
		return err
	}
	blob := func(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }
	entry := tarball.Descriptor{Config: blob(manifest.Config.Digest), RepoTags: []string{"pierre:" + b.tag()}}
	for _, l := range manifest.Layers {
		entry.Layers = append(entry.Layers, blob(l.Digest))
	}
	raw, err := json.Marshal(tarball.Manifest{entry})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), raw, 0o600)
}

// tag is the version with the letters that tags may have.
func (b *build) tag() string { return strings.ReplaceAll(b.version, "+", "-") }

// pack makes one file of the folder, the same whenever it is made.
func (b *build) pack(dir, output string) (err error) {
	out, err := os.Create(output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	from := os.DirFS(dir)
	err = fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error { // in the order of names
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(body)), ModTime: b.created, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing %s: %w", output, err)
	}
	return w.Close()
}
