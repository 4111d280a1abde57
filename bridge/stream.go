package bridge

import (
	"bytes"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// forward gives the messages of a stream to take until the stream ends, or until take reports that it is over.
func forward(events *eventReader, take func(m message) (over bool)) error {
	for {
		ev, err := events.next()
		if err != nil {
			return err
		}
		if m, ok := eventMessage(ev); ok && take(m) {
			return nil
		}
	}
}

// eventMessage returns the message in ev.
func eventMessage(ev event) (message, bool) {
	if ev.name != "" && ev.name != "message" {
		return message{}, false
	}
	m, err := parse(ev.data)
	return m, err == nil
}

// answers reports whether m is the answer to the request.
func answers(m, request *message) bool { return m.IsResponse() && jsonrpc.Same(m.ID, request.ID) }

// pass gives the host a request or notification of the server. Request is the one
// on whose stream it came, or nil.
func (r *relay) pass(request *message, m message) {
	if m.Method != methodProgress || m.ProgressToken == nil {
		r.out.write(m.Raw)
		return
	}
	token := m.ProgressToken
	var edits []jsonrpc.Edit
	if request != nil && !bytes.Equal(token, request.OfferedToken) && jsonrpc.Same(token, request.OfferedToken) {
		token = request.OfferedToken // the server could not keep it, as with ids
		edits = append(edits, jsonrpc.Edit{Old: m.ProgressToken, New: token})
	}
	r.out.progress(edited(m, edits), jsonrpc.Key(token))
}

func edited(m message, edits []jsonrpc.Edit) []byte {
	if len(edits) == 0 {
		return m.Raw
	}
	return m.Edited(edits...)
}
