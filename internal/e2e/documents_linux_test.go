//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/document"
	"github.com/pierre-mcp/pierre/internal/pgtest"
)

// TestDocuments runs the blocks of all documents as they are written. CONTRIBUTING.md says how, and which comments they take.
func TestDocuments(t *testing.T) {
	t.Parallel()
	paths := []string{"../../README.md"}
	more, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(more) == 0 {
		t.Fatalf("there are no documents: %v", err)
	}
	for _, path := range append(paths, more...) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			runDocument(t, path)
		})
	}
}

// TestGuide runs the provisioning guide as a whole: its commands, its entries for hosts, its requests and its services.
func TestGuide(t *testing.T) {
	t.Parallel()
	runDocument(t, "testdata/guide.md")
}

// runDocument runs a document, each of whose comments and blocks is a step of one shell session.
func runDocument(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := document.Parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	s := &walkthrough{t: t, document: path, home: t.TempDir()}
	if slices.ContainsFunc(steps, func(step document.Step) bool { return runs(step.Kind) }) {
		s.prepare()
		s.run(steps)
	}
	s.check(steps)
}

// runs reports whether a step is commands.
func runs(kind document.Kind) bool {
	return kind == document.Shell || kind == document.Serves || kind == document.Run
}

// A walkthrough is a shell in which the steps of a document run.
type walkthrough struct {
	t        *testing.T
	document string
	home     string
}

// What comes before the steps: stop ends what runs in the background, await waits until the program that was started last
// listens or ends. OUTPUT is the file of what the last step printed, SAMPLES a folder of recordings.
const preamble = `set -eETuo pipefail
cd "$HOME/work"
mkfifo "$STEPS/silence"
exec 9<>"$STEPS/silence"
now=0 started='' serving='' OUTPUT=/dev/null
listens() { # whether a process or a child of it listens; without a substitution of processes, which would change $!
	local file line sockets=' ' pid
	for file in /proc/net/tcp /proc/net/tcp6; do
		[ -e $file ] || continue
		while read -r line; do
			case $line in *" 0A 00000000:"*) sockets+="$(set -- $line; echo "socket:[${10}]") " ;; esac
		done <$file
	done
	for pid in $1 $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		for line in $(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null); do
			case $sockets in *" $line "*) return 0 ;; esac
		done
	done
	return 1
}
await() {
	[ "$BASHPID" = "$$" ] && [ "${!-}" != "$started" ] || return 0
	started=${!-}
	for _ in {1..600}; do
		kill -0 "$started" 2>/dev/null || return 0
		! listens "$started" || return 0
		sleep 0.05
	done
}
stop() {
	local pids
	pids=$(jobs -p)
	[ -z "$pids" ] || { kill $pids 2>/dev/null || true; wait $pids 2>/dev/null || true; }
	serving=''
}
begin() {
	now=$1
	trap await DEBUG
}
end() {
	trap - DEBUG
	await
	echo "$1" >"$STEPS/$now.status"
	OUTPUT=$STEPS/$now.out
}
trap 'status=$?; trap - DEBUG EXIT; [ "$now" = 0 ] || [ -e "$STEPS/$now.status" ] || echo "$status" >"$STEPS/$now.status"; stop' EXIT
`

// prepare makes the folder in which the document's reader works.
func (s *walkthrough) prepare() {
	s.t.Helper()
	for _, dir := range []string{"work", "steps", "samples", "Downloads"} {
		if err := os.Mkdir(filepath.Join(s.home, dir), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		s.t.Fatal(err)
	}
	links := map[string]string{"bin": bin}
	for _, name := range []string{"scripts", "deploy", "Makefile"} {
		links[name] = filepath.Join(root, name)
	}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(s.home, "work", name)); err != nil {
			s.t.Fatal(err)
		}
	}
	s.write(".curlrc", "fail\nshow-error\n") // an error that a server answers makes curl fail
	s.samples()
}

// samples writes recordings: run.gpx, ride.fit, and an archive of both.
func (s *walkthrough) samples() {
	s.t.Helper()
	fit, err := os.ReadFile("../activityfile/testdata/cases/fit-mean-power-without-zeros.fit")
	if err != nil {
		s.t.Fatal(err)
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, content := range map[string][]byte{"run.gpx": []byte(gpx("Morning run", 1)), "ride.fit": fit} {
		entry, err := w.Create("activities/" + name)
		if err == nil {
			_, err = entry.Write(content)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		s.write("samples/"+name, string(content))
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.write("Downloads/export_1234.zip", archive.String())
}

func (s *walkthrough) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.home, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *walkthrough) read(name string) string {
	text, err := os.ReadFile(filepath.Join(s.home, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// run runs the steps in one shell, which ends with the first that fails.
func (s *walkthrough) run(steps []document.Step) {
	s.t.Helper()
	var script strings.Builder
	script.WriteString(preamble)
	var reads []document.Step
	for i, step := range steps {
		if step.Kind == document.Read {
			reads = append(reads, document.Step{Text: step.Text, Value: os.Expand(step.Value, s.expand)})
		}
		for _, read := range reads {
			if runs(step.Kind) || step.Kind == document.File {
				step.Text = strings.ReplaceAll(step.Text, read.Text, read.Value)
			}
		}
		s.step(&script, i+1, step)
	}
	s.write("steps/session", script.String())
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", filepath.Join(s.home, "steps/session"))
	cmd.Env = []string{
		"HOME=" + s.home, "PATH=" + bin + ":" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TMPDIR=" + s.t.TempDir(), "USER=ana",
		"STEPS=" + filepath.Join(s.home, "steps"), "SAMPLES=" + filepath.Join(s.home, "samples"),
	}
	var said buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	apart(s.t, cmd)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		s.t.Logf("%s: the shell: %v\n%s", s.document, err, &said)
	}
	if cmd.Process != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whatever did not end
	}
}

// expand gives the names that comments of the kind read may use; others are the shell's.
func (s *walkthrough) expand(name string) string {
	if name != "POSTGRES_URL" {
		return "${" + name + "}"
	}
	return socketDatabase(s.t)
}

// step writes what a step does into the script of a session.
func (s *walkthrough) step(script *strings.Builder, n int, step document.Step) {
	s.t.Helper()
	file, redirect := fmt.Sprintf("$STEPS/%d.sh", n), fmt.Sprintf(`>"$STEPS/%d.out" 2>"$STEPS/%d.err" </dev/null`, n, n)
	switch step.Kind {
	case document.File:
		s.write(fmt.Sprintf("steps/%d.file", n), step.Text)
		fmt.Fprintf(script, "mkdir -p \"$(dirname %q)\" && cp \"$STEPS/%d.file\" %q\n", step.Value, n, step.Value)
		return
	case document.Serves: // that it ends is an error
		step.Text = strings.TrimRight(step.Text, "\n") + " <&9 &\n" // with an input that does not end
		fmt.Fprintf(script, "[ -z \"$serving\" ] || { kill $serving; wait $serving || true; }\nbegin %d\n. %q %s\nserving=$!\nawait\nkill -0 $serving && end 0 || { end 97; exit 97; }\n", n, file, redirect)
	case document.Shell, document.Run:
		if step.Exit > 0 {
			fmt.Fprintf(script, "begin %d\nset +e\n. %q %s\nstatus=$?\nset -e\nend $status\n", n, file, redirect)
		} else {
			fmt.Fprintf(script, "begin %d\n. %q %s\nend 0\n", n, file, redirect)
		}
	default:
		return
	}
	s.write(fmt.Sprintf("steps/%d.sh", n), step.Text)
}

// check compares what the steps printed with what the document shows, and demands the tests that it names.
func (s *walkthrough) check(steps []document.Step) {
	s.t.Helper()
	last := 0
	for i, step := range steps {
		var err error
		switch out := fmt.Sprintf("steps/%d.out", last); {
		case runs(step.Kind):
			last = i + 1
			want := fmt.Sprintf("%d\n", step.Exit)
			if got := s.read(fmt.Sprintf("steps/%d.status", last)); got != want {
				s.t.Fatalf("%s:%d: the block ends with status %q, want %q\n%s\n%s\n%s", s.document, step.Line, got, want, step.Text,
					s.read(fmt.Sprintf("steps/%d.out", last)), s.read(fmt.Sprintf("steps/%d.err", last)))
			}
		case step.Kind == document.Output:
			err = document.CompareOutput(step.Text, s.read(out)+s.read(fmt.Sprintf("steps/%d.err", last)))
		case step.Kind == document.Answer:
			err = document.CompareAnswer(step.Text, s.read(out), step.Value == "part")
		case step.Kind == document.Tested && !isTest(step.Value):
			err = fmt.Errorf("there is no test %s", step.Value)
		}
		if err != nil {
			s.t.Errorf("%s:%d: %v", s.document, step.Line, err)
		}
	}
}

// tests holds the names of all tests of the module.
var tests = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	name := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	filepath.WalkDir("../..", func(path string, _ os.DirEntry, _ error) error {
		if strings.HasSuffix(path, "_test.go") {
			text, _ := os.ReadFile(path)
			for _, found := range name.FindAllSubmatch(text, -1) {
				names[string(found[1])] = true
			}
		}
		return nil
	})
	return names
})

func isTest(name string) bool { return tests()[name] }

// alone lets one session at a time use the ports of the machine, where sessions cannot have networks of their own.
var alone sync.Mutex

// networks reports whether a program can be given a network of its own.
var networks = sync.OnceValue(func() bool {
	cmd := exec.Command("true")
	cmd.SysProcAttr = ownNetwork()
	return cmd.Run() == nil
})

// apart gives a session a network of its own, so that all may use the ports of the documents at once.
func apart(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if !networks() {
		alone.Lock()
		t.Cleanup(alone.Unlock)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return
	}
	cmd.SysProcAttr = ownNetwork()
	const up = `ip link set lo up 2>/dev/null || busybox ip link set lo up; exec bash "$1"`
	cmd.Args = []string{"bash", "-c", up, "bash", cmd.Args[1]}
}

func ownNetwork() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// socketPostgres is a PostgreSQL that programs without the machine's network reach through a folder.
func socketPostgres(t *testing.T) (*pgtest.Server, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pierre-docs-pg-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil { // PostgreSQL runs as a user of its own
		t.Fatal(err)
	}
	server, err := pgtest.Open(false, "-k", dir)
	if err != nil {
		if inCI() {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		server.Close()
		os.RemoveAll(dir)
	})
	return server, dir
}

// socketDatabase is the URL of an empty database that is reached through a folder.
func socketDatabase(t *testing.T) string {
	t.Helper()
	server, dir := socketPostgres(t)
	database, err := server.Database()
	if err != nil {
		t.Fatal(err)
	}
	port := regexp.MustCompile(`:(\d+)/(\w+)`).FindStringSubmatch(database)
	return fmt.Sprintf("postgresql:///%s?host=%s&port=%s&user=postgres", port[2], dir, port[1])
}

// TestDocumentsFail shows that a block that fails is found, and one that shows what is not so.
func TestDocumentsFail(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a command fails":             "```sh\nfalse\ntrue\n```\n",
		"another status":              "<!-- exit: 3 -->\n```sh\n(exit 2)\n```\n",
		"a pipe fails":                "```sh\nfalse | cat\n```\n",
		"a variable is unset":         "```sh\necho $NOBODY\n```\n",
		"a program ends at once":      "<!-- serves -->\n```sh\npierre-mcp-server --port many\n```\n```sh\ncurl -sf http://127.0.0.1:8081/health\n```\n",
		"no such output":              "```sh\necho a\n```\n<!-- output -->\n```text\nb\n```\n",
		"no such answer":              "```sh\necho '{\"a\":1}'\n```\n```json\n{\"a\":\"1\"}\n```\n",
		"no such test":                "<!-- tested: TestNothing -->\n```go\n```\n",
		"a comment that fails":        "<!-- run: false -->\n",
		"what follows an exit":        "```sh\nexit 0\n```\n```sh\ntrue\n```\n",
		"a block that nobody tests":   "```yaml\n```\n",
		"a variable that was changed": "```sh\nA=1\n```\n<!-- read: B as $A -->\n```sh\n[ B = 2 ]\n```\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, failed := runApart(t, text); !failed {
				t.Errorf("%s passes:\n%s", text, out)
			}
		})
	}
	if out, failed := runApart(t, "<!-- read: https://x.example as http://127.0.0.1:8081 -->\n```sh\npierre-mcp-server &\ncurl -sf https://x.example/health\n```\n"+
		"<!-- answer: part -->\n```json\n{\"status\":\"ok\"}\n```\n<!-- run: stop -->\n<!-- serves -->\n```sh\nexport A=b\npierre-mcp-server\n```\n"+
		"<!-- file: d/e.txt -->\n```ini\nhello 1\n```\n```sh\ncat d/e.txt; echo $A; curl -sf https://x.example/health\n```\n<!-- output -->\n```text\nhello 2\nb\n…ok…\n```\n"); failed {
		t.Errorf("a good document fails:\n%s", out)
	}
}

// runApart runs a document in a process of its own, whose failure is no failure of this test.
func runApart(t *testing.T, text string) (out string, failed bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.md")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestDocumentOfAnotherProcess$")
	cmd.Env = append(os.Environ(), "PIERRE_E2E_DOCUMENT="+path, "PIERRE_E2E_PROGRAMS="+bin)
	raw, err := cmd.CombinedOutput()
	return string(raw), err != nil
}

// TestDocumentOfAnotherProcess runs the document that TestDocumentsFail names.
func TestDocumentOfAnotherProcess(t *testing.T) {
	path := os.Getenv("PIERRE_E2E_DOCUMENT")
	if path == "" {
		t.Skip("this is run by TestDocumentsFail")
	}
	runDocument(t, path)
}
