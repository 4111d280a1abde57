// Command image puts the container image together without a base image, a daemon or a registry: a file that docker load,
// podman load, skopeo and containerd read. Two runs over the same programs write the same bytes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

const usage = `image puts Pierre's container image together.

  image -programs bin/static -version 1.2.3 -revision "$(git rev-parse HEAD)" -created 2026-01-02T15:04:05Z -output pierre.tar
  image -programs bin/static -version 1.2.3 -rootfs /out     # the files of the image, for a Dockerfile

`

// A build is what an image is made of.
type build struct {
	programs string    // folder of the built programs
	licenses string    // folder of LICENSE and NOTICES.md
	zones    string    // the Go toolchain's zoneinfo.zip
	arch     string    // of the programs, as Go names it
	version  string    // of the product
	revision string    // the commit
	created  time.Time // when the commit was made: of everything in the image
}

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(_ context.Context, args []string, stdout, stderr io.Writer) error {
	var b build
	var created, output, rootfs string
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	flags.StringVar(&b.programs, "programs", "", "folder of the built programs")
	flags.StringVar(&b.licenses, "licenses", ".", "folder of LICENSE and NOTICES.md")
	flags.StringVar(&b.zones, "zones", "", "zoneinfo.zip of the Go toolchain: $(go env GOROOT)/lib/time/zoneinfo.zip")
	flags.StringVar(&b.arch, "arch", "amd64", "processor that the programs are for: amd64 or arm64")
	flags.StringVar(&b.version, "version", "", "version of the product")
	flags.StringVar(&b.revision, "revision", "unknown", "commit that the programs were built from")
	flags.StringVar(&created, "created", "1970-01-01T00:00:00Z", "time of the commit, RFC 3339")
	flags.StringVar(&output, "output", "", "file to write the image to")
	flags.StringVar(&rootfs, "rootfs", "", "folder to write the image's files to, instead")
	if err := flags.Parse(args); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, created)
	b.created = at.UTC()
	switch {
	case err != nil:
		return fmt.Errorf("-created: must be a time such as 2026-01-02T15:04:05Z: %w", err)
	case b.programs == "" || b.version == "" || b.zones == "" || (output == "") == (rootfs == ""):
		return errors.New("-programs, -version, -zones and one of -output and -rootfs are needed; -help shows how")
	case b.arch != "amd64" && b.arch != "arm64":
		return fmt.Errorf("-arch: %s is neither amd64 nor arm64", b.arch)
	}
	list, err := b.files()
	if err != nil {
		return err
	}
	if rootfs != "" {
		return list.writeTo(rootfs)
	}
	size, err := b.writeImage(list, output)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %s, %.1f MB compressed, %.1f MB on disk\n", output, size.digest, megabytes(size.compressed), megabytes(list.size()))
	return err
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
