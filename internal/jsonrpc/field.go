package jsonrpc

import (
	"strings"
)

// A scope is an object of a message that holds members of interest.
type scope uint8

const (
	elsewhere scope = iota
	inMessage
	inParams
	inMeta
)

// within returns the scope of the object that is the value of field in at.
func (s *scanner) within(at scope, field *[]byte) scope {
	switch {
	case at == inMessage && field == &s.m.Params:
		return inParams
	case at == inParams && field == &s.m.Meta:
		return inMeta
	default:
		return elsewhere
	}
}

// field returns where the value of a member is kept, nil if it is of no interest.
func (m *Message) field(at scope, name []byte) *[]byte {
	switch at {
	case inMessage:
		return m.topField(string(name))
	case inParams:
		if f := m.paramField(string(name)); f != nil {
			return f
		}
		for _, known := range []string{"name", "uri", "arguments", "cursor", "requestId", "progressToken", "_meta"} {
			if strings.EqualFold(known, string(name)) {
				return m.paramField(known)
			}
		}
	case inMeta:
		switch string(name) {
		case "progressToken":
			return &m.OfferedToken
		case MetaVersion:
			return &m.ProtocolVersion
		case MetaCapabilities:
			return &m.Capabilities
		}
	case elsewhere:
	}
	return nil
}

func (m *Message) topField(name string) *[]byte {
	switch name {
	case "jsonrpc":
		return &m.Version
	case "id":
		return &m.ID
	case "method":
		return &m.RawMethod
	case "params":
		return &m.Params
	case "result":
		return &m.Result
	case "error":
		return &m.Error
	case "auth":
		return &m.Auth
	default:
		return nil
	}
}

func (m *Message) paramField(name string) *[]byte {
	switch name {
	case "name":
		return &m.Name
	case "uri":
		return &m.URI
	case "arguments":
		return &m.Arguments
	case "cursor":
		return &m.Cursor
	case "requestId":
		return &m.RequestID
	case "progressToken":
		return &m.ProgressToken
	case "_meta":
		return &m.Meta
	default:
		return nil
	}
}
