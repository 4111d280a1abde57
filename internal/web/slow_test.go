package web

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// letGo is how long a client that does nothing may hold anything.
const letGo = 90 * time.Second

// inMemory serves h on pipes, for tests whose time is not real, and returns what connects to it.
func inMemory(t *testing.T, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	ln := newPipeListener()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, ln, h, slog.New(slog.DiscardHandler), Options{}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	return func() net.Conn {
		conn, err := ln.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// handlers treat a body in every way that there is.
var handlers = map[string]http.HandlerFunc{
	"reads it": func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	},
	"ignores it": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") },
	"refuses it": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
	"reads a little": func(w http.ResponseWriter, r *http.Request) {
		r.Body.Read(make([]byte, 3))
		io.WriteString(w, "ok")
	},
}

// A client that announces a body and does not send it, or drips it, loses its connection, whatever the handler does.
func TestStalledBodiesAreLetGo(t *testing.T) {
	for _, head := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("a", 300<<10), // more than net/http discards
	} {
		for name, handler := range handlers {
			for _, drip := range []bool{false, true} {
				t.Run(fmt.Sprintf("%.60q %s drip=%v", head, name, drip), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						conn := inMemory(t, handler)()
						var sending sync.WaitGroup
						defer sending.Wait()
						defer conn.Close()
						began := time.Now()
						sending.Go(func() {
							io.WriteString(conn, head)
							for drip {
								<-time.After(time.Second)
								if _, err := io.WriteString(conn, "1\r\n"); err != nil {
									return
								}
							}
						})
						io.Copy(io.Discard, conn)
						if took := time.Since(began); took > letGo {
							t.Errorf("the connection ended after %v, want within %v", took, letGo)
						}
					})
				})
			}
		}
	}
}

// A refused request is answered before its body has come.
func TestRefusalDoesNotWaitForTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := inMemory(t, handlers["refuses it"])()
		defer conn.Close()
		began := time.Now()
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusUnauthorized || time.Since(began) > 0 {
			t.Errorf("ReadResponse = %v, %v after %v; want 401 at once", resp, err, time.Since(began))
		}
	})
}

// A body that keeps its pace may take as long as it needs; the request that it belongs to, too.
func TestSteadyBodyIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parts = 600
		conn := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			SetPace(r.Context(), Pace{Pause: 30 * time.Second, BytesPerSecond: 100})
			n, err := io.Copy(io.Discard, r.Body)
			<-time.After(time.Hour) // a long import
			fmt.Fprint(w, n, err, r.Context().Err())
		})()
		defer conn.Close()
		go func() {
			fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", parts*1000)
			for range parts {
				<-time.After(10 * time.Second)
				io.WriteString(conn, strings.Repeat("a", 1000))
			}
		}()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); string(body) != fmt.Sprint(parts*1000, nil, nil) {
			t.Errorf("answered %s", body)
		}
	})
}

// One byte before each pause is over is no pace.
func TestPauseIsNotForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		conn := inMemory(t, func(_ http.ResponseWriter, r *http.Request) {
			SetPace(r.Context(), Pace{Pause: time.Minute, BytesPerSecond: 100})
			_, err := io.Copy(io.Discard, r.Body)
			ended <- err
		})()
		var sending sync.WaitGroup
		defer sending.Wait()
		defer conn.Close()
		began := time.Now()
		sending.Go(func() {
			io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
			for {
				if _, err := io.WriteString(conn, "a"); err != nil {
					return
				}
				<-time.After(59 * time.Second)
			}
		})
		if err := <-ended; err == nil || time.Since(began) > 2*time.Minute {
			t.Errorf("the body ended with %v after %v, want an error within two minutes", err, time.Since(began))
		}
	})
}

// A client that asks and does not read holds no goroutine, however the answer is written.
func TestUnreadAnswersAreLetGo(t *testing.T) {
	for name, write := range map[string]http.HandlerFunc{
		"small": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") },
		"large": func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 500<<10)) },
		"JSON": func(w http.ResponseWriter, _ *http.Request) {
			WriteJSON(w, http.StatusOK, strings.Repeat("a", 500<<10))
		},
		"events": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, "data: x\n\n"); err != nil {
					return
				}
				if http.NewResponseController(w).Flush() != nil {
					return
				}
				<-time.After(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan struct{})
				dial := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
					defer close(ended)
					write(w, r)
				})
				conn := dial()
				defer conn.Close()
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				began := time.Now()
				<-ended
				if took := time.Since(began); took > letGo {
					t.Errorf("the handler ended after %v", took)
				}
				<-time.After(letGo)
				if _, err := io.WriteString(conn, "G"); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("writing to the connection: %v, want it to be closed", err)
				}
			})
		})
	}
}

// Headers that drip, and connections without a request, end too.
func TestSlowHeadersAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := inMemory(t, handlers["ignores it"])()
		var sending sync.WaitGroup
		defer sending.Wait()
		defer conn.Close()
		began := time.Now()
		sending.Go(func() {
			for _, b := range "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + strings.Repeat("a", 200) {
				if _, err := conn.Write([]byte{byte(b)}); err != nil {
					return
				}
				<-time.After(time.Second)
			}
		})
		io.Copy(io.Discard, conn)
		if took := time.Since(began); took > headerTimeout+time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

// Over HTTP/2 many requests share a connection: one that stalls is let go, the others and the connection stay.
func TestStalledBodyOverHTTP2(t *testing.T) {
	stalled := make(chan error, 1)
	addr := overTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			SetPace(r.Context(), Pace{Pause: 50 * time.Millisecond, BytesPerSecond: 1 << 10})
			_, err := io.Copy(io.Discard, r.Body)
			stalled <- err
			return
		}
		fmt.Fprint(w, r.Proto, r.ContentLength)
	})
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	body, end := io.Pipe()
	defer end.Close()
	go func() {
		if resp, err := client.Post(addr, "text/plain", body); err == nil {
			resp.Body.Close()
		}
	}()
	if err := <-stalled; err == nil {
		t.Error("the stalled body was read to its end")
	}
	for range 3 {
		resp, err := client.Get(addr)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(resp.Body); string(got) != "HTTP/2.00" || resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("answered %q, %v", got, resp.Header)
		}
		resp.Body.Close()
	}
}

// overTLS serves h with a certificate of its own and returns the address.
func overTLS(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	unused := httptest.NewUnstartedServer(nil)
	unused.EnableHTTP2 = true
	unused.StartTLS()
	defer unused.Close()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, tls.NewListener(plain, unused.TLS), h, slog.New(slog.DiscardHandler), Options{})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	return "https://" + plain.Addr().String()
}
