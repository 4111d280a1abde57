package journal

import (
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// appendCall appends c as json.Marshal would write it: its fields by their names. json.Marshal would take longer than the
// write of the line.
func appendCall(b []byte, c *pierre.Call) []byte {
	b = jsonrpc.AppendText(append(b, `{"ID":`...), string(c.ID))
	b = jsonrpc.AppendText(append(b, `,"KeyID":`...), string(c.KeyID))
	b = jsonrpc.AppendText(append(b, `,"UserID":`...), string(c.UserID))
	b = jsonrpc.AppendText(append(b, `,"Customer":`...), string(c.Customer))
	b = jsonrpc.AppendText(append(b, `,"Tier":`...), string(c.Tier))
	b = jsonrpc.AppendText(append(b, `,"Tool":`...), c.Tool)
	b = jsonrpc.AppendText(append(b, `,"Status":`...), string(c.Status))
	b = c.Started.AppendFormat(append(b, `,"Started":"`...), time.RFC3339Nano)
	b = strconv.AppendInt(append(b, `","Duration":`...), int64(c.Duration), 10)
	b = strconv.AppendInt(append(b, `,"RequestBytes":`...), c.RequestBytes, 10)
	b = strconv.AppendInt(append(b, `,"ResponseBytes":`...), c.ResponseBytes, 10)
	b = jsonrpc.AppendText(append(b, `,"Country":`...), c.Country)
	b = jsonrpc.AppendText(append(b, `,"ClientHash":`...), c.ClientHash)
	b = append(b, `,"Buckets":`...)
	if c.Buckets == nil {
		return append(b, "null}"...)
	}
	b = append(b, '[')
	for i := range c.Buckets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendBucket(b, &c.Buckets[i])
	}
	return append(b, "]}"...)
}

func appendBucket(b []byte, of *pierre.Bucket) []byte {
	b = jsonrpc.AppendText(append(b, `{"id":`...), of.ID)
	if of.Limit != (pierre.Limit{}) {
		b = strconv.AppendInt(append(b, `,"limit":{"requests":`...), of.Limit.Requests, 10)
		b = append(jsonrpc.AppendText(append(b, `,"period":`...), string(of.Limit.Period)), '}')
	}
	return append(b, '}')
}
