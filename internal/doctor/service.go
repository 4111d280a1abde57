package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
	"github.com/pierre-mcp/pierre/internal/userservice"
	"github.com/pierre-mcp/pierre/internal/watch"
)

// watchService checks the service that keeps the watch running, if there is one: its file, the program in it, and what the
// service manager says. s is what the watch said of itself last.
func (x *examination) watchService(ctx context.Context, machine install.Machine, s watch.Status, running bool) {
	const name = "service"
	setup, err := userservice.For(machine, userservice.Service{
		Name: machine.WatchService(x.name), State: filepath.Dir(machine.WatchState(x.name)), UserID: os.Getuid(),
	})
	if err != nil {
		x.warn(name, err.Error(), "give the entry another name")
		return
	}
	again := installAgain(x.name, s)
	program, err := setup.Program()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if s.PID != 0 {
			x.skip(name, "is not installed, so that the watch ends with its terminal: "+again+" starts it whenever you sign in")
		}
		return
	case err != nil:
		x.warn(name, err.Error(), "write it anew: "+again)
		return
	}
	if info, err := os.Stat(program); err != nil || info.IsDir() {
		x.warn(name, setup.File+" starts "+program+", which is not there: it was moved or removed", "write it anew: "+again)
		return
	}
	runs, known, said := setup.Running(ctx)
	says := setup.Manager + " says: " + said
	this, _, err := installflow.ThisProgram()
	switch {
	case known && !runs:
		x.warn(name, "is installed ("+setup.File+") and does not run; "+says, "see why with: "+logOf(setup, machine, x.name)+"; start it with: "+again)
	case err == nil && !sameFile(this, program):
		x.warn(name, setup.File+" starts "+program+", and this program is "+this, "if that is an old one, write the service anew: "+again)
	case running && s.Version != buildinfo.Version():
		x.warn(name, "runs version "+s.Version+", and this program is version "+buildinfo.Version(), "start it anew: "+again)
	case known:
		x.ok(name, "is installed (%s) and runs by %s", setup.File, setup.Manager)
	default:
		x.skip(name, "is installed ("+setup.File+"); whether it runs is not known; "+says)
	}
}

// installAgain is the command that writes the service, with the folders that were watched last.
func installAgain(name string, s watch.Status) string {
	words := []string{"mcp-client watch --install"}
	if name != connection.DefaultEntry {
		words = append(words, "--name "+name)
	}
	for _, f := range s.Folders {
		words = append(words, quoted(f.Path))
	}
	if len(s.Folders) == 0 {
		words = append(words, "FOLDER")
	}
	return strings.Join(words, " ")
}

// quoted is a path as one types it.
func quoted(path string) string {
	if strings.ContainsAny(path, " '$&()") {
		return `"` + path + `"`
	}
	return path
}

// logOf is how one sees what the service said.
func logOf(setup userservice.Setup, machine install.Machine, name string) string {
	switch machine.OS {
	case "windows":
		return "mcp-client watch in a terminal, with the same folders"
	case "darwin":
		return "cat " + quoted(filepath.Join(machine.Home, "Library", "Logs", machine.WatchService(name)+".log"))
	}
	return "journalctl --user -u " + filepath.Base(setup.File)
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
