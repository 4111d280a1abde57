package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen opens an address. An address of another machine is a mistake in the setting of that name; portFlag is the one that
// chooses another port.
func Listen(ctx context.Context, addr, setting, portFlag string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listening on %s: the port is taken, perhaps by another copy; %s chooses another one", addr, portFlag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, Usagef("%s: %s is not an address of this machine", setting, addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listening on %s: this user may not open the port; %s chooses another one, from 1024 up", addr, portFlag)
	default:
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
}
