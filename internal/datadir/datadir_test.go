package datadir

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	tests := []struct {
		name, goos string
		env        map[string]string
		want       string // "": an error
	}{
		{"Linux", "linux", map[string]string{"HOME": "/home/ana"}, "/home/ana/.local/share/pierre"},
		{"XDG", "linux", map[string]string{"HOME": "/home/ana", "XDG_DATA_HOME": "/data"}, "/data/pierre"},
		{"relative XDG is ignored", "freebsd", map[string]string{"HOME": "/home/ana", "XDG_DATA_HOME": "data"}, "/home/ana/.local/share/pierre"},
		{"macOS", "darwin", map[string]string{"HOME": "/Users/ana", "XDG_DATA_HOME": "/data"}, "/Users/ana/Library/Application Support/pierre"},
		{"Windows", "windows", map[string]string{"LOCALAPPDATA": "/c/Users/ana/AppData/Local"}, "/c/Users/ana/AppData/Local/pierre"},
		{"no home", "linux", nil, ""},
		{"no home on macOS", "darwin", nil, ""},
		{"no home on Windows", "windows", map[string]string{"HOME": "/home/ana"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := locate(tt.goos, func(name string) string { return tt.env[name] })
			if got != filepath.FromSlash(tt.want) || (err == nil) != (tt.want != "") {
				t.Errorf("locate = %q, %v; want %q", got, err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), "PIERRE_DATA_DIR") {
				t.Errorf("error %q does not say what to do", err)
			}
		})
	}
}
