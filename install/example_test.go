package install_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pierre-mcp/pierre/install"
)

// A program puts itself into the hosts of a computer, here one that has Cursor alone,
// and takes itself out again. On a real computer use [install.ThisMachine].
func Example() {
	home, err := os.MkdirTemp("", "home")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home)
	os.Mkdir(filepath.Join(home, ".cursor"), 0o700)

	machine := install.Machine{OS: "linux", Home: home}
	targets, err := machine.Find()
	if err != nil {
		panic(err)
	}
	for _, target := range targets {
		change, err := target.Install("notes", install.Entry{Command: "/opt/notes-mcp", Args: []string{"--read-only"}})
		if err != nil {
			panic(err)
		}
		if _, err := change.Apply(time.Now()); err != nil {
			panic(err)
		}
		entry, found, err := target.Entry("notes")
		fmt.Println(target.Host.Title, found, err, entry.Command, entry.Args)

		change, err = target.Uninstall("notes", "notes-mcp")
		if err != nil {
			panic(err)
		}
		_, err = change.Apply(time.Now())
		fmt.Println("removed:", change.Delete, err)
	}
	// Output:
	// Cursor true <nil> /opt/notes-mcp [--read-only]
	// removed: true <nil>
}
