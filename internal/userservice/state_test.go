package userservice

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/install"
)

// The program is found in the file of each system, whatever its path.
func TestProgram(t *testing.T) {
	for system, programs := range map[string][]string{
		"linux":   {"/usr/bin/mcp-client", "/opt/my programs/100% & <more>/mcp-client", `/odd\path/ä 导出`},
		"darwin":  {"/Applications/Pierre & Co/mcp-client", "/usr/local/bin/mcp-client"},
		"windows": {`C:\Program Files\Pierre\mcp-client.exe`, `C:\bin\mcp-client.exe`, `\\server\share one\mcp-client.exe`},
	} {
		home := t.TempDir()
		for _, program := range programs {
			s, err := For(install.Machine{OS: system, Home: home, User: `PC\ana`}, Service{Name: "x", Title: "X", Program: program, Args: []string{"watch", "a b"}, State: home})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Program(); len(programs) > 0 && program == programs[0] && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: without a file: %v", system, err)
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(s.File), 0o700), os.WriteFile(s.File, s.Content, 0o600)); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Program(); got != program || err != nil {
				t.Errorf("%s: the program is %q, %v; want %q", system, got, err, program)
			}
		}
	}
}

// What the service managers print, and what that means.
func TestState(t *testing.T) {
	failed := &exec.ExitError{}
	for name, tt := range map[string]struct {
		kind           kind
		stdout, stderr string
		err            error
		running, known bool
		said           string
	}{
		"systemd, runs":      {unitFile, "active\n", "", nil, true, true, "active"},
		"systemd, restarts":  {unitFile, "activating\n", "", failed, false, true, "activating"},
		"systemd, failed":    {unitFile, "failed\n", "", failed, false, true, "failed"},
		"systemd, none":      {unitFile, "", "Failed to connect to bus: No medium found\n", failed, false, false, "Failed to connect to bus: No medium found"},
		"launchd, runs":      {agentFile, "gui/501/com.pierre-mcp.x = {\n\tactive count = 1\n\tstate = running\n\tpid = 7\n}\n", "", nil, true, true, "running"},
		"launchd, waits":     {agentFile, "gui/501/com.pierre-mcp.x = {\n\tstate = spawn scheduled\n}\n", "", nil, false, true, "spawn scheduled"},
		"launchd, not there": {agentFile, "", "Could not find service\n", failed, false, true, "it is not loaded"},
		"Windows, runs":      {taskFile, "\"\\pierre-watch-x\",\"N/A\",\"Running\"\r\n", "", nil, true, true, "Running"},
		"Windows, ended":     {taskFile, "\"\\pierre-watch-x\",\"N/A\",\"Ready\"\r\n", "", nil, false, true, "Ready"},
		"Windows, German":    {taskFile, "\"\\pierre-watch-x\",\"N/A\",\"Wird ausgeführt\"\r\n", "", nil, false, false, "Wird ausgeführt"},
		"Windows, not there": {taskFile, "", "ERROR: The system cannot find the file specified.\r\n", failed, false, true, "ERROR: The system cannot find the file specified."},
		"no manager":         {unitFile, "", "", exec.ErrNotFound, false, false, "executable file not found in $PATH"},
	} {
		running, known, said := Setup{kind: tt.kind}.state(tt.stdout, tt.stderr, tt.err)
		if running != tt.running || known != tt.known || said != tt.said {
			t.Errorf("%s: %v, %v, %q", name, running, known, said)
		}
	}
}
