package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/redistest"
)

func testLine(t *testing.T) *line {
	t.Helper()
	server, err := redistest.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return newLine(client)
}

// Whoever asks at the same time, each gets the answer to its own question, and an error is the answer of one.
func TestQuestionsAreAskedTogether(t *testing.T) {
	t.Parallel()
	l := testLine(t)
	script := redis.NewScript(`if ARGV[1] == '7' then return redis.error_reply('ERR seven') end return tonumber(ARGV[1])`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := l.run(ctx, script, []string{"k"}, []any{1}); !redis.HasErrorPrefix(err, "NOSCRIPT") {
		t.Fatal(err)
	}
	if err := script.Load(ctx, l.client).Err(); err != nil {
		t.Fatal(err)
	}
	for range onTheirWay { // Redis is busy until all have asked, more than are in a pipeline
		l.busy <- struct{}{}
	}
	var asked sync.WaitGroup
	const all = 3*inOne + 5
	for n := range all {
		asked.Go(func() {
			got, err := l.run(ctx, script, []string{"k"}, []any{n})
			if n == 7 {
				if err == nil || err.Error() != "ERR seven" {
					t.Errorf("7: %v, %v", got, err)
				}
			} else if err != nil || got != int64(n) {
				t.Errorf("%d: %v, %v", n, got, err)
			}
		})
	}
	for range onTheirWay {
		<-l.busy
	}
	asked.Wait()
	if l.open != nil || len(l.busy) != 0 {
		t.Errorf("%v is open, and %d are on their way", l.open, len(l.busy))
	}
}

// A caller that is gone takes no other's answer with it, one that waits for too long is told so, and the next is answered.
func TestQuestionsOfCallersThatAreGone(t *testing.T) {
	t.Parallel()
	l := testLine(t)
	script := redis.NewScript(`return redis.call('INCR', KEYS[1])`)
	if err := script.Load(t.Context(), l.client).Err(); err != nil {
		t.Fatal(err)
	}
	for range onTheirWay {
		l.busy <- struct{}{}
	}
	first, leave := context.WithTimeout(t.Context(), time.Minute)
	answers := make(chan error, 2)
	ask := func(ctx context.Context) {
		_, err := l.run(ctx, script, []string{"n"}, nil)
		answers <- err
	}
	waiting := func(n int) {
		for deadline := time.Now().Add(time.Minute); ; {
			l.mu.Lock()
			asked := l.open != nil && l.open.pipe.Len() == n
			l.mu.Unlock()
			if asked {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("nobody asks")
			}
		}
	}
	go ask(first)
	waiting(1)
	short, cancel := context.WithCancelCause(t.Context())
	go ask(short)
	waiting(2)
	impatient := errors.New("no longer")
	cancel(impatient)
	if err := <-answers; !errors.Is(err, impatient) {
		t.Error(err)
	}
	leave() // the question of the other one, and this one's, are asked all the same
	<-l.busy
	if err := <-answers; err != nil {
		t.Error(err)
	}
	if n, err := l.client.Get(t.Context(), "n").Int(); n != 2 || err != nil {
		t.Errorf("%d of 2 questions were asked, %v", n, err)
	}
	l.busy <- struct{}{}
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	if _, err := l.run(late, script, []string{"n"}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	for range onTheirWay {
		<-l.busy
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if got, err := l.run(ctx, script, []string{"n"}, nil); fmt.Sprint(got) != "3" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}
