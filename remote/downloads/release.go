package downloads

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/pierre-mcp/pierre/install/script"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/release"
)

// releaseName is what a release holds: programs and bundles by platform, checksums, bill of materials.
var releaseName = regexp.MustCompile(`^(mcp-client_(linux|darwin|windows)_(amd64|arm64)(\.exe|\.mcpb)?|checksums\.txt(\.sig)?|mcp-client\.sbom\.json)$`)

func released(name string) bool { return releaseName.MatchString(name) }

// A build is a file that can be downloaded, as the templates show it.
type build struct {
	Name     string `template:"Name"`
	Platform string `template:"Platform"` // "" if it is for none
	Bundle   bool   `template:"Bundle"`   // for one click in Claude Desktop
	Size     string `template:"Size"`
	SHA256   string `template:"SHA256"` // "" if it is not known
}

// releases lists the folder's files that are part of a release, in the order of their names.
func (s *Server) releases() ([]build, error) {
	if s.dir == nil {
		return nil, nil
	}
	entries, err := fs.ReadDir(s.dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	sums, err := s.checksums()
	if err != nil {
		return nil, err
	}
	var all []build
	for _, entry := range entries {
		if !released(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it is being replaced, or is no file
		}
		all = append(all, build{
			Name: entry.Name(), Platform: platform(entry.Name()), Bundle: strings.HasSuffix(entry.Name(), ".mcpb"),
			Size: human.Bytes(info.Size()), SHA256: sums[entry.Name()],
		})
	}
	return all, nil
}

// checksums reads the lines "HEX  NAME" of the release's list.
func (s *Server) checksums() (map[string]string, error) {
	list, err := s.read(release.ListFile, release.MaxList)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	return parseChecksums(bytes.NewReader(list))
}

// signed checks the signature of the release, if the server has a key for it, and returns what the installers demand.
func (s *Server) signed() (script.Release, error) {
	if s.opts.Key == nil || s.dir == nil {
		return script.Release{}, nil
	}
	list, err := s.read(release.ListFile, release.MaxList+1)
	if err != nil {
		return script.Release{}, err
	}
	signature, err := s.read(release.SignatureFile, release.MaxSignature+1)
	if errors.Is(err, fs.ErrNotExist) {
		return script.Release{}, fmt.Errorf("the builds must be signed, and there is no %s: scripts/sign.sh makes it", release.SignatureFile)
	} else if err != nil {
		return script.Release{}, err
	}
	version, err := s.opts.Key.Version(list, signature)
	if err != nil {
		return script.Release{}, fmt.Errorf("checking the signature of the builds: %w", err)
	}
	return script.Release{Key: s.opts.Key.Base64(), Version: version}, nil
}

// read returns the first most bytes of a file of the folder.
func (s *Server) read(name string, most int64) ([]byte, error) {
	f, err := s.dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(f, most))
}

func parseChecksums(r io.Reader) (map[string]string, error) {
	sums := map[string]string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && sha256Form.MatchString(fields[0]) {
			sums[strings.TrimPrefix(fields[1], "*")] = fields[0] // "*" marks a file that was read as binary
		}
	}
	return sums, lines.Err()
}

var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

// platform names the platform of a file in words.
func platform(name string) string {
	parts := releaseName.FindStringSubmatch(name)
	if parts == nil || parts[2] == "" {
		return ""
	}
	system := map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows"}[parts[2]]
	switch parts[2] + "/" + parts[3] {
	case "darwin/arm64":
		return system + ", Apple silicon"
	case "darwin/amd64":
		return system + ", Intel"
	case "linux/arm64", "windows/arm64":
		return system + ", ARM, 64 bit"
	default:
		return system + ", Intel or AMD, 64 bit"
	}
}
