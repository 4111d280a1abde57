package streamable

import (
	"maps"
	"strconv"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// A listener is an exchange that carries a subscription (subscriptions/listen): mcp-go notifies it until it is stopped.
type listener struct {
	*Exchange

	number int64
	owner  Owner
	stop   func()

	filtering sync.Mutex
	filter    mcp.SubscriptionFilter
	open      bool // the acknowledgement, which comes first, was sent
}

// SessionID implements [server.ClientSession]: mcp-go knows sessions by it, so each subscription has one.
func (l *listener) SessionID() string {
	return "subscription-" + strconv.FormatInt(l.number, 10)
}

// NotificationChannel implements [server.ClientSession]. A slow subscriber holds nothing up.
func (l *listener) NotificationChannel() chan<- mcp.JSONRPCNotification {
	l.filtering.Lock()
	l.open = true
	l.filtering.Unlock()
	st := l.Exchange.open()
	if st == nil {
		return make(chan mcp.JSONRPCNotification, 1)
	}
	return st.reserve(nil)
}

// SetSubscriptionFilter implements [server.SessionWithSubscriptionFilter].
func (l *listener) SetSubscriptionFilter(filter mcp.SubscriptionFilter) {
	l.filtering.Lock()
	defer l.filtering.Unlock()
	l.filter = filter
}

// SubscriptionFilter implements [server.SessionWithSubscriptionFilter]. Until the acknowledgement, nothing passes.
func (l *listener) SubscriptionFilter() (mcp.SubscriptionFilter, bool) {
	l.filtering.Lock()
	defer l.filtering.Unlock()
	if !l.open {
		return mcp.SubscriptionFilter{}, true
	}
	return l.filter, true
}

// tag marks a notification with the subscription that it belongs to: the id of the request, byte for byte.
func (l *listener) tag(n *mcp.JSONRPCNotification) {
	meta := maps.Clone(n.Params.Meta)
	if meta == nil {
		meta = map[string]any{}
	}
	meta[mcp.MetaKeySubscriptionID] = l.msg.id
	n.Params.Meta = meta
}
