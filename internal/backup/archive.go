package backup

import (
	"archive/zip"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	fast "github.com/klauspost/compress/flate"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// writeArchive writes the archive of a manifest and of the files that hold its entries.
func writeArchive(ctx context.Context, path string, m *Manifest, files map[string]string, opts Options) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	archive := zip.NewWriter(f)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return fast.NewWriter(w, flate.BestSpeed) })
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	w, err := archive.CreateHeader(&zip.FileHeader{Name: manifestEntry, Method: zip.Deflate, Modified: m.Created})
	if err == nil {
		_, err = w.Write(text)
	}
	for _, name := range []string{secretsEntry, callsEntry, databaseEntry} {
		if err == nil && files[name] != "" {
			err = addFile(ctx, archive, &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: m.Created}, files[name], Progress{Step: "writing the backup", Total: m.Entries[name].Bytes}, opts)
		}
	}
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return f.Sync()
}

func addFile(ctx context.Context, archive *zip.Writer, header *zip.FileHeader, path string, p Progress, opts Options) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	w, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = copyReporting(ctx, w, f, p, opts)
	return err
}

// copyReporting is io.Copy that ends with ctx and says how far it is.
func copyReporting(ctx context.Context, w io.Writer, r io.Reader, p Progress, opts Options) (int64, error) {
	const piece = 4 << 20
	for {
		n, err := io.CopyN(w, r, piece)
		p.Done += n
		opts.report(p)
		if errors.Is(err, io.EOF) {
			return p.Done, nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return p.Done, err
		}
	}
}

// sumFile returns what a manifest says of a file.
func sumFile(path string) (EntryInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return EntryInfo{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return EntryInfo{n, hex.EncodeToString(sum.Sum(nil))}, err
}

// An archive is a backup that is read.
type archive struct {
	*Manifest

	zip     *zip.ReadCloser
	entries map[string]*zip.File
}

// openArchive opens a backup and reads its manifest.
func openArchive(path string) (*archive, error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, pierre.NotFound("the backup " + path)
	}
	if err != nil {
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, err
		}
		return nil, damaged("it is no whole archive; was it cut off")
	}
	a, err := readArchive(z)
	if err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return a, nil
}

func readArchive(z *zip.ReadCloser) (*archive, error) {
	a := &archive{zip: z, entries: map[string]*zip.File{}}
	for _, f := range z.File {
		switch f.Name {
		case manifestEntry, databaseEntry, callsEntry, secretsEntry:
		default:
			return nil, damaged("it holds something that no backup has")
		}
		if a.entries[f.Name] != nil {
			return nil, damaged("it holds %s twice", f.Name)
		}
		a.entries[f.Name] = f
	}
	if a.entries[manifestEntry] == nil {
		return nil, damaged("it has no manifest")
	}
	text, err := readEntry(a.entries[manifestEntry], maxManifest)
	if err != nil {
		return nil, err
	}
	if a.Manifest, err = parseManifest(text); err != nil {
		return nil, err
	}
	if len(a.entries) != len(a.Entries)+1 {
		return nil, damaged("its entries are not those of its manifest")
	}
	return a, nil
}

func readEntry(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, damaged("%s cannot be read", f.Name)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil || int64(len(text)) > most {
		return nil, damaged("%s cannot be read", f.Name)
	}
	return text, nil
}

// read returns an entry that fits into memory.
func (a *archive) read(name string) ([]byte, error) {
	info, ok := a.Entries[name]
	if !ok || a.entries[name] == nil {
		return nil, damaged("it lacks %s", name)
	}
	text, err := readEntry(a.entries[name], info.Bytes)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); int64(len(text)) != info.Bytes || hex.EncodeToString(sum[:]) != info.SHA256 {
		return nil, damaged("%s is not what the manifest says", name)
	}
	return text, nil
}

// unpack writes an entry to a new file.
func (a *archive) unpack(ctx context.Context, name, path string, opts Options) (err error) {
	info, ok := a.Entries[name]
	if !ok || a.entries[name] == nil {
		return damaged("it lacks %s", name)
	}
	r, err := a.entries[name].Open()
	if err != nil {
		return damaged("%s cannot be read", name)
	}
	defer r.Close()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	n, err := copyReporting(ctx, io.MultiWriter(f, sum), io.LimitReader(r, info.Bytes+1), Progress{Step: "unpacking", Total: info.Bytes}, opts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok { // the disk's
		return err
	}
	if err != nil || n != info.Bytes || hex.EncodeToString(sum.Sum(nil)) != info.SHA256 {
		return damaged("%s is not what the manifest says", name)
	}
	return f.Sync()
}

func (a *archive) Close() error { return a.zip.Close() }
