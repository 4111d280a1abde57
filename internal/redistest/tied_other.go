//go:build !linux

package redistest

import "syscall"

// tied has no means here to end the server if this process is killed.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func startTied(p *process) error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() { // ends with the process
		p.cmd.Wait()
		close(p.ended)
	}()
	return nil
}
