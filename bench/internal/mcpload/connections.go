package mcpload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Connections call a server over sockets that one thread waits for, which costs less than a goroutine for each.
type connections struct {
	calls   []call // by connection
	files   []*os.File
	sockets []int
	busy    []unix.PollFd // those that calls are on; its memory is used for each wait
	at      []int         // the connections of busy
	free    []int         // connections that no call is on, the one that was used last at the end
	freed   time.Time     // when the first of them was, if none had been free before
	request []byte        // its memory is used for each
	made    []Sample      // as above
}

// A call is what is known of the call that is on a connection.
type call struct {
	due    time.Time
	late   time.Duration
	answer []byte // that has come of it until now
}

func (c *connections) dial(ctx context.Context, addr string) error {
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialTCP(ctx, "tcp", netip.AddrPort{}, to.AddrPort())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the file has a descriptor of its own
	file, err := conn.File()
	if err != nil {
		return err
	}
	c.free = append(c.free, len(c.files))
	c.files = append(c.files, file)
	c.sockets = append(c.sockets, int(file.Fd()))
	return nil
}

func (c *connections) close() {
	for _, f := range c.files {
		f.Close() //nolint:errcheck // nothing is on its way
	}
}

// send sends a call on a connection that is free.
func (c *connections) send(request []byte, due time.Time) error {
	i := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	// Requests that run at once in one session need ids of their own.
	c.request = append(c.request[:0], request...)
	if at := bytes.Index(c.request, []byte(`"id":7000`)); at >= 0 {
		strconv.AppendInt(c.request[:at+len(`"id":`)], int64(7000+i), 10)
	}
	could := due
	if could.Before(c.freed) {
		could = c.freed
	}
	c.calls[i].due, c.calls[i].late, c.calls[i].answer = due, time.Since(could), c.calls[i].answer[:0]
	c.busy = append(c.busy, unix.PollFd{Fd: int32(c.sockets[i]), Events: unix.POLLIN})
	c.at = append(c.at, i)
	if n, err := unix.Write(c.sockets[i], c.request); err != nil || n < len(c.request) {
		return fmt.Errorf("sending a call: %d of %d bytes: %w", n, len(c.request), err)
	}
	return nil
}

// wait returns the calls that were answered when at least one was, or none when until comes before. They are valid until it is called again.
func (c *connections) wait(until time.Time) ([]Sample, error) {
	c.made = c.made[:0]
	_, err := poll(c.busy, max(0, time.Until(until)))
	now := time.Now()
	switch {
	case errors.Is(err, unix.EINTR):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("waiting for answers: %w", err)
	}
	left := 0
	for j, i := range c.at {
		whole := false
		if c.busy[j].Revents != 0 {
			if whole, err = c.read(i); err != nil {
				return nil, err
			}
		}
		if !whole {
			c.busy[left], c.at[left] = c.busy[j], i
			left++
			continue
		}
		c.made = append(c.made, Sample{Took: now.Sub(c.calls[i].due), Late: c.calls[i].late})
		if len(c.free) == 0 {
			c.freed = now
		}
		c.free = append(c.free, i)
	}
	c.busy, c.at = c.busy[:left], c.at[:left]
	return c.made, nil
}

// read reads what has come on connection i, and reports whether the answer is there.
func (c *connections) read(i int) (whole bool, err error) {
	b := c.calls[i].answer
	if cap(b)-len(b) < 1<<10 {
		b = append(make([]byte, 0, 2*cap(b)+4<<10), b...)
	}
	n, err := unix.Read(c.sockets[i], b[len(b):cap(b)])
	if err != nil || n <= 0 {
		return false, fmt.Errorf("reading an answer: %d bytes: %w", n, err)
	}
	b = b[:len(b)+n]
	c.calls[i].answer = b
	return isWhole(b)
}

// isWhole reports whether b is an answer with all of its body, and fails if it does not say that the call went well. It knows the
// answers that servers give which say how long they are.
func isWhole(b []byte) (bool, error) {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return false, nil
	}
	_, length, ok := bytes.Cut(head, []byte("\r\nContent-Length: "))
	if !ok {
		return false, fmt.Errorf("an answer does not say how long it is: %s", b)
	}
	length, _, _ = bytes.Cut(length, []byte("\r\n"))
	size, err := strconv.Atoi(string(length))
	if err != nil || len(body) < size {
		return false, err
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) || !bytes.Contains(body, []byte(`"result"`)) {
		return false, fmt.Errorf("a call was answered with %s", b)
	}
	return true, nil
}
