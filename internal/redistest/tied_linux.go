package redistest

import (
	"runtime"
	"syscall"
)

// tied are the attributes of a process that the kernel kills when the thread ends that started it.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// startTied starts the process on a thread that lives as long as the process.
func startTied(p *process) error {
	started := make(chan error)
	go func() { // ends with the process
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.cmd.Wait()
			close(p.ended)
		}
	}()
	return <-started
}
