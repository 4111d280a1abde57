package jobs

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// The next process on the machine knows that this one lives, and that one that ended is gone, also if its id is another's by now.
func TestWhoIsGone(t *testing.T) {
	if here() == "" {
		t.Skip("this system does not tell of processes")
	}
	if mine := self(); gone(mine) || mine == self() {
		t.Errorf("%q is gone, or the same twice", mine)
	}
	at := strings.Fields(self())
	other := exec.CommandContext(t.Context(), "cat")
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(other.Process.Pid)
	owner := func(boot, namespace, pid, start string) string {
		return strings.Join([]string{boot, namespace, pid, start, "x"}, " ")
	}
	living := owner(at[0], at[1], pid, started(pid))
	if gone(living) || !exists(pid) {
		t.Errorf("%q is gone while it lives", living)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	if exists(pid) {
		t.Error("a process that ended exists")
	}
	for name, want := range map[string]bool{
		living:                          true,
		owner(at[0], at[1], at[2], "1"): true, // this id was another's
		owner("another boot", at[1], at[2], at[3]): false,
		owner(at[0], "pid:[1]", at[2], "1"):        false,
		owner("another", at[1], at[2], "1"):        false,
		owner(at[0], at[1], "../self", "1"):        true,
		"QPXW4J6GJ2ZT":                             false, // of the version before
		"":                                         false,
	} {
		if gone(name) != want {
			t.Errorf("%q is gone: %v, want %v", name, !want, want)
		}
	}
}
