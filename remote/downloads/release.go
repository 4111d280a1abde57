package downloads

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
)

const (
	checksumFile = "checksums.txt"
	maxChecksums = 64 << 10 // bytes of the file that are read
)

// releaseName is what a release holds: programs and bundles by platform, checksums, bill of materials.
var releaseName = regexp.MustCompile(`^(mcp-client_(linux|darwin|windows)_(amd64|arm64)(\.exe|\.mcpb)?|checksums\.txt|mcp-client\.sbom\.json)$`)

func released(name string) bool { return releaseName.MatchString(name) }

// A release is a file that can be downloaded, as the templates show it.
type release struct {
	Name     string `template:"Name"`
	Platform string `template:"Platform"` // "" if it is for none
	Bundle   bool   `template:"Bundle"`   // for one click in Claude Desktop
	Size     string `template:"Size"`
	SHA256   string `template:"SHA256"` // "" if it is not known
}

// releases lists the folder's files that are part of a release, in the order of their names.
func (s *Server) releases() ([]release, error) {
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
	var all []release
	for _, entry := range entries {
		if !released(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it is being replaced, or is no file
		}
		all = append(all, release{
			Name: entry.Name(), Platform: platform(entry.Name()), Bundle: strings.HasSuffix(entry.Name(), ".mcpb"),
			Size: human.Bytes(info.Size()), SHA256: sums[entry.Name()],
		})
	}
	return all, nil
}

// checksums reads the lines "HEX  NAME" of the release's list.
func (s *Server) checksums() (map[string]string, error) {
	f, err := s.dir.Open(checksumFile)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return parseChecksums(io.LimitReader(f, maxChecksums))
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
