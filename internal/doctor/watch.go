package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/watch"
)

// watched checks the watch of folders, if this computer has one.
func (x *examination) watched(ctx context.Context) {
	machine := install.ThisMachine(x.getenv)
	state := machine.WatchState(x.name)
	s, running, err := watch.ReadStatus(state)
	defer func() { x.watchService(ctx, machine, s, err == nil && running) }()
	if errors.Is(err, fs.ErrNotExist) {
		x.skip("watch", "no folders are watched: mcp-client watch FOLDER imports recordings as they appear")
		return
	}
	if err != nil {
		x.warn("watch", err.Error(), "stop watch, delete that file, and start watch again")
		return
	}
	detail := watchDetail(s, running)
	switch {
	case !running:
		x.warn("watch", detail, "start it again: mcp-client watch FOLDER, or mcp-client watch --install FOLDER, which starts it with the computer")
	case s.Away != "":
		x.warn("watch", detail, "see the checks above; files are kept until the server takes them")
	default:
		x.ok("watch", "%s", detail)
	}
	for _, f := range s.Folders {
		if f.Why != "" {
			x.skip("watch", fmt.Sprintf("%s: %s", f.Path, f.Why))
		}
	}
	for _, n := range s.Waits {
		x.skip("watch", fmt.Sprintf("waits: %s: %s", n.Path, n.Reason))
	}
	for _, n := range s.Failures {
		x.warn("watch", fmt.Sprintf("failed: %s: %s", n.Path, n.Reason), "export the recording again; watch tries a file anew when it changes")
	}
}

// watchDetail says how a watch is, in one line.
func watchDetail(s watch.Status, running bool) string {
	var folders []string
	for _, f := range s.Folders {
		folders = append(folders, f.Path)
	}
	text := fmt.Sprintf("is running (process %d) over %s", s.PID, strings.Join(folders, ", "))
	if !running {
		text = fmt.Sprintf("is not running since %s; it watched %s", s.Updated.Local().Format("2006-01-02 15:04"), strings.Join(folders, ", "))
	}
	if s.Last != nil && s.Last.At != nil {
		text += fmt.Sprintf("; last import %s, %s", s.Last.At.Local().Format("2006-01-02 15:04"), s.Last.Path)
	}
	if s.Waiting > 0 {
		text += "; " + human.Plural(s.Waiting, "file") + " waiting"
	}
	if s.Failed > 0 {
		text += "; " + human.Plural(s.Failed, "file") + " failed"
	}
	if s.Away != "" {
		text += "; the server does not take files: " + s.Away
	}
	return text
}
