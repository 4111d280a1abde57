package web

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// A request whose body has two lengths is refused, and its connection is closed.
func TestBodyWithTwoLengths(t *testing.T) {
	const chunked = "5\r\nhello\r\n0\r\n\r\n"
	for name, tt := range map[string]struct {
		sent string
		want []int // statuses, and then the end of the connection; 0 is its staying open, -1 its end after an answer
	}{
		"one length":          {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", []int{200, 0}},
		"chunked":             {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []int{200, 0}},
		"both":                {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []int{400}},
		"both, the other way": {"POST / HTTP/1.1\r\nHost: x\r\ntransfer-ENCODING: chunked\r\nX: y\r\ncontent-length:5\r\n\r\n" + chunked, []int{400}},
		"both, later":         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n|POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []int{200, 400}},
		"both, smuggled": {
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi" +
				"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []int{200, 400},
		},
		"both, half of it with the one before": {
			"GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n|Transfer-Encoding: chunked\r\n\r\n" + chunked, []int{200, 400},
		},
		"both, of HTTP/1.0":   {"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", []int{200, -1}},
		"chunked after one":   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi|POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []int{200, 200, 0}},
		"names in the body":   {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n\ncontent-length: 5\r\n\r\n0\r\n\r\n", []int{200, 0}},
		"a long line between": {"POST / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("content-length: 5", 500) + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []int{200, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := inMemory(t, handlers["reads it"])()
				defer conn.Close()
				in := bufio.NewReader(conn)
				parts := strings.Split(tt.sent, "|")
				for i, want := range tt.want {
					if want < 0 {
						break
					}
					if i < len(parts) {
						go io.WriteString(conn, parts[i])
					}
					if want == 0 {
						go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
						want = 200
					}
					resp, err := http.ReadResponse(in, nil)
					if err != nil || resp.StatusCode != want {
						t.Fatalf("answer %d: %v, %v; want %d", i, resp, err, want)
					}
					io.Copy(io.Discard, resp.Body)
				}
				if last := tt.want[len(tt.want)-1]; last == 400 || last < 0 {
					go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
					if _, err := in.ReadByte(); err == nil {
						t.Error("the connection goes on")
					}
				}
			})
		})
	}
}

// However the headers are cut into reads, the same is seen.
func FuzzHeaderScan(f *testing.F) {
	f.Add("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nTransfer-Encoding: x\r\n", uint8(7))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		var whole, cut headerConn
		whole.scan([]byte(text))
		for rest := []byte(text); len(rest) > 0; {
			n := min(len(rest), int(size)+1)
			cut.scan(rest[:n])
			rest = rest[n:]
		}
		if whole.done != cut.done || whole.hasLength != cut.hasLength || whole.hasCoding != cut.hasCoding {
			t.Errorf("%q is seen in another way in parts of %d", text, int(size)+1)
		}
	})
}
