// Package userservice describes a program that a user's own service manager keeps
// running: systemd, launchd or the Task Scheduler. It writes the document that the
// manager reads, and knows the commands that start and stop it.
package userservice

import (
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/install"
)

// A Service is a program to keep running.
type Service struct {
	Name    string // by [install.CheckName]
	Title   string // for people
	Program string // an absolute path
	Args    []string
	State   string // the folder in which the program keeps files of its own
	UserID  int    // of its user; for launchd
}

// A Setup is how a service is set up on a system.
type Setup struct {
	Manager string // what people call the service manager
	File    string
	Content []byte
	Start   []Command // in this order, after the file was written
	Stop    []Command // in this order, before the file is deleted
	After   []Command // after the file was deleted
	Query   Command   // says whether it runs

	kind kind
}

// A kind is one of documents.
type kind int

const (
	unitFile  kind = iota // of systemd
	agentFile             // of launchd
	taskFile              // of the Task Scheduler
)

// A Command is one to run.
type Command struct {
	Args []string
	// Optional: it fails where there is nothing to do.
	Optional bool
}

// String is the command as one types it.
func (c Command) String() string {
	var b strings.Builder
	for i, a := range c.Args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if strings.ContainsAny(a, " \\\"'") {
			a = strconv.Quote(a)
		}
		b.WriteString(a)
	}
	return b.String()
}

// For returns how the service is set up on the machine. An argument that no document
// can hold is an error.
func For(m install.Machine, s Service) (Setup, error) {
	for _, a := range append([]string{s.Program, s.Title}, s.Args...) {
		if strings.ContainsFunc(a, unicode.IsControl) || !utf8.ValidString(a) {
			return Setup{}, fmt.Errorf("a service cannot have the argument %q: it holds a character that is not printable", a)
		}
	}
	switch m.OS {
	case "windows":
		return s.scheduled(m), nil
	case "darwin":
		return s.launched(m), nil
	default:
		return s.unit(m), nil
	}
}

// unit is a unit of the user's systemd. It has no option that needs a namespace: where
// the kernel gives users none, the service would not start.
func (s Service) unit(m install.Machine) Setup {
	name := s.Name + ".service"
	var b strings.Builder
	fmt.Fprintf(&b, `[Unit]
Description=%s
Documentation=man:mcp-client(1)
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=%s
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
Nice=10
UMask=0077

# What it may do.
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
MemoryMax=512M

[Install]
WantedBy=default.target
`, unitText(s.Title), unitCommand(s.Program, s.Args))
	systemctl := func(optional bool, args ...string) Command {
		return Command{append([]string{"systemctl", "--user"}, args...), optional}
	}
	return Setup{
		Manager: "systemd", File: filepath.Join(m.ConfigDir(), "systemd", "user", name), Content: []byte(b.String()),
		Start: []Command{systemctl(false, "daemon-reload"), systemctl(false, "enable", name), systemctl(false, "restart", name)},
		Stop:  []Command{systemctl(true, "disable", "--now", name)},
		After: []Command{systemctl(true, "daemon-reload")},
		Query: systemctl(true, "is-active", name),
		kind:  unitFile,
	}
}

func unitText(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// unitCommand is a command line by systemd.service(5): quoted, without specifiers and variables.
func unitCommand(program string, args []string) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%")
	words := []string{`"` + quote.Replace(program) + `"`} // in the path of the program, $ stands for itself
	for _, a := range args {
		words = append(words, `"`+strings.ReplaceAll(quote.Replace(a), "$", "$$")+`"`)
	}
	return strings.Join(words, " ")
}

// launched is an agent of launchd.
func (s Service) launched(m install.Machine) Setup {
	label := "com.pierre-mcp." + s.Name
	log := filepath.Join(m.Home, "Library", "Logs", s.Name+".log")
	var args strings.Builder
	for _, a := range append([]string{s.Program}, s.Args...) {
		fmt.Fprintf(&args, "\t\t<string>%s</string>\n", xmlText(a))
	}
	file := filepath.Join(m.Home, "Library", "LaunchAgents", label+".plist")
	domain := "gui/" + strconv.Itoa(s.UserID)
	return Setup{
		Manager: "launchd", File: file,
		Content: fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>%s</string>
	<key>ProgramArguments</key>
	<array>
%s	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>ThrottleInterval</key>
	<integer>30</integer>
	<key>ProcessType</key>
	<string>Background</string>
	<key>Umask</key>
	<integer>63</integer>
	<key>StandardOutPath</key>
	<string>%s</string>
	<key>StandardErrorPath</key>
	<string>%s</string>
</dict>
</plist>
`, xmlText(label), args.String(), xmlText(log), xmlText(log)),
		Start: []Command{{[]string{"launchctl", "bootout", domain + "/" + label}, true}, {[]string{"launchctl", "bootstrap", domain, file}, false}},
		Stop:  []Command{{[]string{"launchctl", "bootout", domain + "/" + label}, true}},
		Query: Command{[]string{"launchctl", "print", domain + "/" + label}, true},
		kind:  agentFile,
	}
}

// scheduled is a task of the Task Scheduler that starts when its user signs in. The
// console host runs the program without a window.
func (s Service) scheduled(m install.Machine) Setup {
	file := filepath.Join(s.State, s.Name+".xml")
	words := []string{"--headless", windowsWord(s.Program)}
	for _, a := range s.Args {
		words = append(words, windowsWord(a))
	}
	text := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>%s</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>%s</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>%s</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>conhost.exe</Command>
      <Arguments>%s</Arguments>
    </Exec>
  </Actions>
</Task>
`, xmlText(s.Title), xmlText(m.User), xmlText(m.User), xmlText(strings.Join(words, " ")))
	schtasks := func(optional bool, args ...string) Command {
		return Command{append([]string{"schtasks.exe"}, args...), optional}
	}
	return Setup{
		Manager: "the Task Scheduler", File: file, Content: inUTF16(text),
		Start: []Command{schtasks(false, "/Create", "/F", "/TN", s.Name, "/XML", file), schtasks(true, "/End", "/TN", s.Name), schtasks(false, "/Run", "/TN", s.Name)},
		Stop:  []Command{schtasks(true, "/End", "/TN", s.Name), schtasks(true, "/Delete", "/F", "/TN", s.Name)},
		Query: schtasks(true, "/Query", "/TN", s.Name, "/FO", "CSV", "/NH"),
		kind:  taskFile,
	}
}

// inUTF16 is a text as the Task Scheduler reads it.
func inUTF16(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(strings.ReplaceAll(text, "\n", "\r\n"))) {
		b = append(b, byte(c), byte(c>>8))
	}
	return b
}

// windowsWord quotes a word for CommandLineToArgvW.
func windowsWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \"") {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, c := range s {
		switch c {
		case '\\':
			slashes++
		case '"': // the backslashes before a quote count twice, and one more escapes it
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteRune(c)
	}
	b.WriteString(strings.Repeat(`\`, slashes) + `"`)
	return b.String()
}

func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
