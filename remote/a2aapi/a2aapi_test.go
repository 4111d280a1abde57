package a2aapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
	"github.com/a2aproject/a2a-go/v2/a2aclient/agentcard"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/a2aapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// A site is the API over the product's own stack of keys, limits and usage, with two tools.
type site struct {
	*mcpapitest.Stack

	t   testing.TB
	url string
	srv *httptest.Server
	end context.CancelFunc // of everything that the server does, as when it has no more time to answer

	waiting chan struct{} // of the tool "wait", receives at most one value of each call that began
	release chan struct{} // closed: it answers
	given   chan struct{} // of the tool "wait", receives a value of each call that was given up
}

func start(t testing.TB) *site {
	t.Helper()
	m := server.NewMCPServer("test", "1.0.0")
	m.AddTool(mcp.NewTool("whoami"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p, _ := access.PrincipalFrom(ctx)
		return mcp.NewToolResultStructured(map[string]any{"user": string(p.UserID)}, "You are "+string(p.UserID)), nil
	})
	m.AddTool(mcp.NewTool("echo", mcp.WithString("say", mcp.Required())), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if r.GetString("say", "") == "bad" {
			return mcp.NewToolResultError("Say something else."), nil
		}
		return mcp.NewToolResultText(r.GetString("say", "")), nil
	})
	waiting, release, given := make(chan struct{}, 100), make(chan struct{}), make(chan struct{}, 100)
	m.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		waiting <- struct{}{}
		select {
		case <-release:
			return mcp.NewToolResultText("done"), nil
		case <-ctx.Done():
			given <- struct{}{}
			return nil, ctx.Err()
		}
	})
	stack, err := mcpapitest.Open(t.Context(), t.TempDir(), m, mcpapitest.Parts{}, mcpapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	skills := func() []a2aapi.Skill {
		return []a2aapi.Skill{{Name: "echo", Title: "Echo", Description: "Says it again."}, {Name: "wait", Title: "Wait", Description: "Waits."}, {Name: "whoami", Title: "Who", Description: "Says who you are."}}
	}
	ctx, end := context.WithCancel(t.Context())
	srv := httptest.NewUnstartedServer(a2aapi.New(stack.API, skills, a2aapi.Options{}))
	srv.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	srv.Start()
	t.Cleanup(func() {
		end()
		srv.Close()
		if err := stack.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return &site{stack, t, srv.URL, srv, end, waiting, release, given}
}

// withKey adds the key to the requests of the library's client.
type withKey struct{ key string }

func (k withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+k.key)
	return http.DefaultTransport.RoundTrip(r) //nolint:forbidigo // tests
}

// client finds the agent by its card, as other agents do.
func (s *site) client(key string) *a2aclient.Client {
	s.t.Helper()
	card, err := agentcard.DefaultResolver.Resolve(s.t.Context(), s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := a2aclient.NewFromCard(s.t.Context(), card, a2aclient.WithJSONRPCTransport(&http.Client{Transport: withKey{key}}))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *site) key(lim pierre.Limit, tools ...string) (pierre.APIKey, string) {
	s.t.Helper()
	row, key, err := s.Provision(s.t.Context(), lim, tools...)
	if err != nil {
		s.t.Fatal(err)
	}
	return row, key
}

// calls is how many calls were recorded of a key.
func (s *site) calls(row pierre.APIKey) int {
	s.t.Helper()
	if err := s.Recorder.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	sum, err := s.Store.CallSummary(s.t.Context(), row.ID, time.Unix(0, 0), time.Unix(1<<35, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for _, g := range sum.Groups {
		if g.Status != pierre.CallRateLimited {
			n += int(g.Calls)
		}
	}
	return n
}

func request(parts ...*a2a.Part) *a2a.SendMessageRequest {
	return &a2a.SendMessageRequest{Message: a2a.NewMessage(a2a.MessageRoleUser, parts...)}
}

func call(tool string, arguments map[string]any) *a2a.SendMessageRequest {
	data := map[string]any{"tool": tool}
	if arguments != nil {
		data["arguments"] = arguments
	}
	return request(a2a.NewDataPart(data))
}

// say sends a message and returns the answer's parts as JSON.
func say(t *testing.T, c *a2aclient.Client, r *a2a.SendMessageRequest) (string, error) {
	t.Helper()
	result, err := c.SendMessage(t.Context(), r)
	if err != nil {
		return "", err
	}
	m, ok := result.(*a2a.Message)
	if !ok {
		t.Fatalf("the answer is a %T", result)
	}
	data, err := json.Marshal(m.Parts)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), nil
}

func unlimited() pierre.Limit { return pierre.Limit{} }

func TestMessages(t *testing.T) {
	s := start(t)
	row, key := s.key(unlimited())
	c := s.client(key)
	for name, tc := range map[string]struct {
		request *a2a.SendMessageRequest
		want    string
		fails   error
	}{
		"a tool with arguments":  {call("echo", map[string]any{"say": "hello"}), `"hello"`, nil},
		"a tool's name as text":  {request(a2a.NewTextPart(" WhoAmI\n")), `{"user":"` + string(row.UserID) + `"}`, nil},
		"a tool that refuses":    {call("echo", map[string]any{"say": "bad"}), `isError`, nil},
		"a question":             {request(a2a.NewTextPart("How fit am I?")), `The tools are: echo, wait, whoami`, nil},
		"an unknown tool":        {call("delete_everything", nil), `\"delete_everything\" is none of the tools`, nil},
		"data without a tool":    {request(a2a.NewDataPart(map[string]any{"x": 1})), "", a2a.ErrInvalidParams},
		"two tools":              {request(a2a.NewDataPart(map[string]any{"tool": "echo"}), a2a.NewDataPart(map[string]any{"tool": "whoami"})), "", a2a.ErrInvalidParams},
		"arguments of no object": {request(a2a.NewDataPart(map[string]any{"tool": "echo", "arguments": 3})), "", a2a.ErrInvalidParams},
	} {
		got, err := say(t, c, tc.request)
		if !errors.Is(err, tc.fails) || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s, %v; want %s, %v", name, got, err, tc.want, tc.fails)
		}
	}
	if n := s.calls(row); n != 3 {
		t.Errorf("%d calls were recorded, want the three that named a tool", n)
	}
	if _, err := c.GetTask(t.Context(), &a2a.GetTaskRequest{ID: "task"}); !errors.Is(err, a2a.ErrTaskNotFound) {
		t.Errorf("a task: %v", err)
	}
}

// There are no tasks, which is no error; what the specification forbids to ask is one.
func TestListTasks(t *testing.T) {
	s := start(t)
	_, key := s.key(unlimited())
	c := s.client(key)
	for size, want := range map[int]int{0: 50, 1: 1, 100: 100} {
		list, err := c.ListTasks(t.Context(), &a2a.ListTasksRequest{PageSize: size, Status: a2a.TaskStateWorking, HistoryLength: new(0)})
		if err != nil || list.Tasks == nil || len(list.Tasks) != 0 || list.TotalSize != 0 || list.PageSize != want || list.NextPageToken != "" {
			t.Errorf("pageSize %d: %+v, %v", size, list, err)
		}
	}
	for name, r := range map[string]*a2a.ListTasksRequest{
		"no items on a page": {PageSize: -1}, "a page that is too long": {PageSize: 101}, "an unknown state": {Status: "TASK_STATE_LOST"},
		"a token of no page": {PageToken: "x"}, "a history below 0": {HistoryLength: new(-1)},
	} {
		if _, err := c.ListTasks(t.Context(), r); !errors.Is(err, a2a.ErrInvalidParams) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStream(t *testing.T) {
	s := start(t)
	row, key := s.key(unlimited())
	var got []string
	for event, err := range s.client(key).SendStreamingMessage(t.Context(), call("whoami", nil)) {
		if err != nil {
			t.Fatal(err)
		}
		m, ok := event.(*a2a.Message)
		if !ok {
			t.Fatalf("an event is a %T", event)
		}
		got = append(got, m.Parts[0].Text())
	}
	if len(got) != 1 || got[0] != "You are "+string(row.UserID) {
		t.Errorf("the stream has %q", got)
	}
}

// Each key is its own athlete, and one that is wrong or revoked, or may not use a tool, is refused.
func TestKeys(t *testing.T) {
	s := start(t)
	ana, anaKey := s.key(unlimited())
	bob, bobKey := s.key(unlimited(), "whoami")
	for row, key := range map[*pierre.APIKey]string{&ana: anaKey, &bob: bobKey} {
		if got, err := say(t, s.client(key), call("whoami", nil)); err != nil || !strings.Contains(got, string(row.UserID)) {
			t.Errorf("%s is told %s, %v", row.UserID, got, err)
		}
	}
	if got, err := say(t, s.client(bobKey), call("echo", map[string]any{"say": "x"})); err == nil {
		t.Errorf("a tool that the key may not use: %s", got)
	}
	if got, err := say(t, s.client(bobKey), request(a2a.NewTextPart("what?"))); err != nil || strings.Contains(got, "echo") {
		t.Errorf("the key is told of other tools: %s, %v", got, err)
	}
	if _, err := s.Store.RevokeAPIKey(t.Context(), pierre.Act{Person: "test", At: time.Now().UTC()}, ana.ID); err != nil {
		t.Fatal(err)
	}
	s.Keys.Revoked(ana.ID)
	for name, key := range map[string]string{"wrong": "pk_live_wrong", "none": "", "revoked": anaKey} {
		status, header, _ := s.post(t, key, message("whoami"))
		if status != http.StatusUnauthorized || header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s key: %d, %v", name, status, header)
		}
	}
}

// message is a request of JSON-RPC by hand.
func message(text string) string {
	return `{"jsonrpc":"2.0","id":"1","method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"` + text + `"}]}}}`
}

func (s *site) post(t *testing.T, key, body string) (int, http.Header, string) {
	t.Helper()
	return s.send(t, key, strings.NewReader(body))
}

// request is a request of HTTP by hand.
func (s *site) request(ctx context.Context, key string, body io.Reader) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+a2aapi.Path, body)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("A2A-Version", "1.0")
	return r
}

func (s *site) send(t *testing.T, key string, body io.Reader) (int, http.Header, string) {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(s.request(t.Context(), key, body)) //nolint:forbidigo // tests
	if err != nil {
		t.Error(err)
		return 0, nil, ""
	}
	defer resp.Body.Close()
	var text strings.Builder
	if _, err := io.Copy(&text, resp.Body); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, resp.Header, text.String()
}

func TestLimits(t *testing.T) {
	s := start(t)
	row, key := s.key(pierre.Limit{Requests: 2, Period: pierre.PeriodMonth})
	for i := range 4 {
		status, header, body := s.post(t, key, message("whoami"))
		if i < 2 && status != http.StatusOK || i >= 2 && (status != http.StatusTooManyRequests || header.Get("Retry-After") == "") {
			t.Errorf("call %d: %d %v %s", i, status, header, body)
		}
	}
	if n := s.calls(row); n != 2 {
		t.Errorf("%d calls were recorded, want the two of the limit", n)
	}
}

// At its limit a message is answered, and one byte more is not, with or without a length that says so.
func TestMessageAtItsLimit(t *testing.T) {
	s := start(t)
	_, key := s.key(unlimited())
	whole := message("whoami")
	whole = whole[:len(whole)-1] + strings.Repeat(" ", 64<<10-len(whole)) + "}"
	for name, body := range map[string]func(string) io.Reader{
		"with a length":    func(text string) io.Reader { return strings.NewReader(text) },
		"without a length": func(text string) io.Reader { return io.MultiReader(strings.NewReader(text)) },
	} {
		if status, _, got := s.send(t, key, body(whole)); status != http.StatusOK || !strings.Contains(got, "You are") {
			t.Errorf("at the limit, %s: %d %s", name, status, got)
		}
		if status, _, got := s.send(t, key, body(whole+" ")); status != http.StatusRequestEntityTooLarge || !strings.Contains(got, "65536 bytes") {
			t.Errorf("one byte over it, %s: %d %s", name, status, got)
		}
	}
}

// atOnce sends so many messages at once to a tool that waits until the first of them is answered, and returns how many were refused.
func (s *site) atOnce(t *testing.T, key, body string, n int) (refused int) {
	t.Helper()
	statuses := make(chan int)
	for range n {
		go func() {
			status, _, _ := s.post(t, key, body)
			statuses <- status
		}()
	}
	for i := range n {
		status := <-statuses
		if status == http.StatusServiceUnavailable {
			refused++
		} else if status != http.StatusOK {
			t.Errorf("message %d: %d", i, status)
		}
		if i == 0 {
			close(s.release)
		}
	}
	return refused
}

// A key has few messages running at once, and fewer of those that take much memory.
func TestMessagesAtOnce(t *testing.T) {
	large := `{"jsonrpc":"2.0","id":"1","method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":{"tool":"wait","arguments":{"a":[{}`
	large += strings.Repeat(",{}", (64<<10-len(large)-20)/3) + `]}}}]}}}`
	for name, c := range map[string]struct {
		body string
		n    int
		most int // that are refused
	}{"small": {message("wait"), 33, 1}, "large": {large, 22, 21}} { // of the large ones, calls are refused as well, whose bytes count again
		t.Run(name, func(t *testing.T) {
			s := start(t)
			_, key := s.key(unlimited())
			if refused := s.atOnce(t, key, c.body, c.n); refused < 1 || refused > c.most {
				t.Errorf("of %d messages %d were refused, want 1 to %d", c.n, refused, c.most)
			}
			if status, _, got := s.post(t, key, c.body); status != http.StatusOK {
				t.Errorf("afterwards: %d %s", status, got)
			}
		})
	}
}

// A call ends when its client has gone, and when the server has to end.
func TestCallsEndWithTheRequest(t *testing.T) {
	s := start(t)
	_, key := s.key(unlimited())
	for _, method := range []string{"SendMessage", "SendStreamingMessage"} {
		ctx, hangUp := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			resp, err := http.DefaultTransport.RoundTrip(s.request(ctx, key, strings.NewReader(strings.Replace(message("wait"), "SendMessage", method, 1)))) //nolint:forbidigo // tests
			if err == nil {                                                                                                                                  // a stream has begun
				_, err = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			ended <- err
		}()
		<-s.waiting
		hangUp()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", method, err)
		}
		select {
		case <-s.given:
		case <-time.After(time.Minute):
			t.Fatalf("%s: the tool goes on", method)
		}
	}
}

// A stream that runs while the server shuts down is answered; one that takes too long ends with an error, and not as if it was
// answered. Both calls are in the books.
func TestStreamsAtTheEndOfTheServer(t *testing.T) {
	for name, slow := range map[string]bool{"in time": false, "too slow": true} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			row, key := s.key(unlimited())
			c := s.client(key)
			var text string
			failed := make(chan error, 1)
			go func() {
				for event, err := range c.SendStreamingMessage(t.Context(), call("wait", nil)) {
					if m, ok := event.(*a2a.Message); ok {
						text = m.Parts[0].Text()
					}
					if err != nil {
						failed <- err
						return
					}
				}
				failed <- nil
			}()
			<-s.waiting
			stopped := make(chan error, 1)
			go func() { stopped <- s.srv.Config.Shutdown(t.Context()) }()
			if slow {
				s.end()
				<-s.given
			} else {
				close(s.release)
			}
			if err := <-failed; (err != nil) != slow || (text == "done") == slow {
				t.Errorf("the client gets %q, %v", text, err)
			}
			if err := <-stopped; err != nil {
				t.Errorf("the server does not end: %v", err)
			}
			if n := s.calls(row); n != 1 {
				t.Errorf("%d calls are in the books", n)
			}
		})
	}
}

// FuzzMessage: whatever a message is, the answer is one of JSON-RPC, and no tool runs that is not named.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		message("whoami"), message("x"), `{}`, `[]`, `{"jsonrpc":"2.0","id":1,"method":"SendMessage"}`, `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":null}}`, `{"jsonrpc":"2.0","id":{},"method":"GetTask","params":{}}`,
		`{"jsonrpc":"2.0","id":"1","method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[null]}}}`,
		`{"jsonrpc":"2.0","id":"1","method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[{}]}}}`,
		`{"jsonrpc":"2.0","id":"1","method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER"}}}`,
		`{"jsonrpc":"2.0","id":"1","method":"SendStreamingMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[null]}}}`,
		`{"jsonrpc":"2.0","id":"1","method":"SubscribeToTask","params":{"id":"x"}}`, `{"jsonrpc":"2.0","id":"1","method":"ListTasks","params":{}}`, `{"jsonrpc":"2.0","id":"1","method":"CancelTask","params":{"id":"x"}}`,
	} {
		f.Add(seed)
	}
	s := start(f)
	close(s.release)
	_, key := s.key(unlimited())
	f.Fuzz(func(t *testing.T, body string) {
		_, _, got := s.post(t, key, body)
		first, _, _ := strings.Cut(strings.TrimPrefix(got, "data: "), "\n")
		if got != "" && !json.Valid([]byte(first)) && !strings.HasPrefix(got, "id:") {
			t.Errorf("%q is answered with %q", body, got)
		}
		if strings.Contains(got, "goroutine ") || strings.Contains(got, "panic") && !strings.Contains(body, "panic") {
			t.Errorf("%q makes a panic: %s", body, got)
		}
	})
}
