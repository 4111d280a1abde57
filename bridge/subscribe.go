package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

const methodAcknowledged = "notifications/subscriptions/acknowledged"

// subscribe serves subscriptions/listen, the later era's listening stream. Once
// the server has acknowledged it, the bridge reopens it for as long as the host
// wants it, and the host hears only that lists may have changed meanwhile.
func (r *relay) subscribe(ctx context.Context, c *call) {
	defer r.finish(c)
	events := newEventReader(http.NoBody, r.opts.MaxMessage)
	var o outage
	for acknowledged := false; ; {
		opened := time.Now()
		x, err := r.post(ctx, c, session{})
		switch {
		case ctx.Err() != nil && c.abandoned.Load():
			return
		case err != nil && !acknowledged:
			r.refuse(ctx, c, err)
			return
		case err == nil && x.stream == nil:
			done := !acknowledged || x.StatusCode < http.StatusInternalServerError && x.StatusCode != http.StatusTooManyRequests
			if done {
				r.concludeOrRefuse(ctx, c, x)
			}
			x.close()
			if done {
				return
			}
		case err == nil:
			events.r.Reset(x.stream)
			ended := r.forwardSubscription(c, events, &acknowledged)
			x.close()
			if ended {
				return
			}
		}
		if !acknowledged {
			r.refuse(ctx, c, interrupted(c, errors.New("the stream ended")))
			return
		}
		if time.Since(opened) > stableAfter {
			o.over()
		}
		if !sleep(ctx, o.wait(events.retry)) {
			return
		}
	}
}

func (r *relay) concludeOrRefuse(ctx context.Context, c *call, x *exchange) {
	if err := r.conclude(c, x); err != nil {
		r.refuse(ctx, c, err)
	}
}

// forwardSubscription passes the events of one stream on. It reports whether the subscription has its answer.
func (r *relay) forwardSubscription(c *call, events *eventReader, acknowledged *bool) bool {
	for {
		ev, err := events.next()
		if err != nil {
			return false
		}
		m, ok := eventMessage(ev)
		switch {
		case !ok:
		case m.IsResponse() && jsonrpc.Same(m.ID, c.ID):
			r.answer(c, m, nil)
			return true
		case m.Method == methodAcknowledged && *acknowledged:
			r.announceMissed(c, m)
		default:
			*acknowledged = *acknowledged || m.Method == methodAcknowledged
			r.pass(c, m)
		}
	}
}

// announceMissed tells the host that the lists it subscribed to may have changed during an outage.
func (r *relay) announceMissed(c *call, ack message) {
	var v struct {
		Params struct {
			Notifications struct {
				Tools     bool `json:"toolsListChanged"`
				Prompts   bool `json:"promptsListChanged"`
				Resources bool `json:"resourcesListChanged"`
			} `json:"notifications"`
		} `json:"params"`
	}
	if json.Unmarshal(ack.Raw, &v) != nil {
		return
	}
	n := v.Params.Notifications
	for _, list := range []struct {
		kind string
		on   bool
	}{{"tools", n.Tools}, {"prompts", n.Prompts}, {"resources", n.Resources}} {
		if list.on {
			r.out.write([]byte(`{"jsonrpc":"2.0","method":"notifications/` + list.kind +
				`/list_changed","params":{"_meta":{"` + metaSubscription + `":` + string(c.ID) + `}}}`))
		}
	}
}
