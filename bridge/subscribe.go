package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

const methodAcknowledged = "notifications/subscriptions/acknowledged"

// subscribe serves subscriptions/listen, the later era's listening stream. Once
// the server has acknowledged it, the bridge reopens it for as long as the host
// wants it, and the host hears only that lists may have changed meanwhile.
func (r *relay) subscribe(ctx context.Context, c *call) {
	defer r.finish(c)
	events := newEventReader(http.NoBody, r.opts.MaxMessage)
	acknowledged := false
	var p pace
	keepOpen(ctx, &p, func() (asked time.Duration, over bool) {
		asked, over, err := r.subscribeOnce(ctx, c, events, &acknowledged)
		if err == nil && !over && !acknowledged {
			err = r.interrupted(&c.attempt, errors.New("the stream ended"))
		}
		if err != nil && !acknowledged {
			r.refuse(ctx, c, err)
			return 0, true
		}
		return asked, over
	})
}

// subscribeOnce opens the stream and forwards what comes. It reports whether the
// subscription is over, or how long the server asks to wait before the next try.
func (r *relay) subscribeOnce(ctx context.Context, c *call, events *eventReader, acknowledged *bool) (asked time.Duration, over bool, err error) {
	if *acknowledged {
		c.pace = pace{} // the host does not wait for anything: one try at a time
	}
	x, err := r.post(ctx, &c.message, &c.attempt, session{})
	if err != nil {
		return 0, false, r.transportFailure(&c.attempt, err)
	}
	defer x.close()
	if x.stream != nil {
		events.reset(x.stream)
		answered := r.forwardSubscription(c, events, acknowledged)
		return events.retry, answered, nil
	}
	if *acknowledged && mayPassLater(x.StatusCode) {
		asked, _ = retryAfter(x.Header)
		return asked, false, nil
	}
	if err := r.conclude(ctx, c, x); err != nil {
		r.refuse(ctx, c, err)
	}
	return 0, true, nil
}

// mayPassLater reports whether a refusal of a subscription that the server had
// accepted may pass.
func mayPassLater(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
}

// forwardSubscription passes the events of one stream on. It reports whether the subscription has its answer.
func (r *relay) forwardSubscription(c *call, events *eventReader, acknowledged *bool) (answered bool) {
	forward(events, func(m message) bool { //nolint:errcheck // however the stream ended, it is opened again
		switch {
		case answers(&m, &c.message):
			r.answer(c, m, nil)
			answered = true
		case m.Method == methodAcknowledged && *acknowledged:
			r.announceMissed(c, m)
		default:
			*acknowledged = *acknowledged || m.Method == methodAcknowledged
			r.pass(&c.message, m)
		}
		return answered
	})
	return answered
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
