package jobs

import (
	"bytes"
	cryptorand "crypto/rand"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// An owner of leases is named by the process, so that the next process on the same machine sees that it is gone: the boot of the
// machine, the namespace of its process ids, the id, and when the process started; and a random text. Where the system does not tell, it is a random
// text alone.
func self() string {
	pid := strconv.Itoa(os.Getpid())
	where, start := here(), started(pid)
	if where == "" || start == "" {
		return cryptorand.Text()
	}
	return strings.Join([]string{where, pid, start, cryptorand.Text()}, " ")
}

// gone reports whether the owner is known to have ended.
func gone(owner string) bool {
	at := strings.Fields(owner)
	const boot, namespace, pid, start, random = 0, 1, 2, 3, 4
	if len(at) != random+1 || at[boot]+" "+at[namespace] != here() {
		return false // on another machine, or unknown
	}
	began := started(at[pid])
	return began != at[start] && (began != "" || !exists(at[pid]))
}

// exists reports whether there is a process, also one that the system does not show because it is another user's: hidepid of proc(5).
func exists(pid string) bool {
	id, err := strconv.Atoi(pid)
	if err != nil {
		return false
	}
	p, err := os.FindProcess(id)
	if err != nil {
		return false
	}
	defer p.Release() //nolint:errcheck // it was not started here
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// here names this boot of the machine and the namespace of its process ids; "": unknown. See proc_sys_kernel(5) and pid_namespaces(7).
func here() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// started tells when a process started, in the system's ticks; "" if there is none. See proc_pid_stat(5), field 22.
func started(pid string) string {
	if _, err := strconv.ParseUint(pid, 10, 32); err != nil {
		return ""
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	_, after, _ := bytes.Cut(stat[max(0, bytes.LastIndexByte(stat, ')')):], []byte(" ")) // the name before may have any letters
	const state, startTime = 3, 22
	if fields := strings.Fields(string(after)); len(fields) > startTime-state {
		return fields[startTime-state]
	}
	return ""
}
