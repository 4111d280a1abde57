package jsonrpc

import "bytes"

// IDAround finds the id of a message of which only the beginning and the end are known: programs write it first or
// last. It returns nil if the id is not certain.
func IDAround(begin, end []byte) []byte {
	// "id":VALUE} at the very end belongs to the outermost object.
	if rest, ok := bytes.CutSuffix(end, []byte("}")); ok {
		if i := bytes.LastIndex(rest, []byte(`"id":`)); i >= 0 {
			s := scanner{b: rest[i+len(`"id":`):]} // of depth 0: an id is no array or object
			start := s.space(0)
			if to := s.value(start, 0, elsewhere); to > 0 && s.space(to) == len(s.b) {
				return s.b[start:to]
			}
		}
	}
	s := scanner{b: begin, maxDepth: MaxDepth}
	s.value(s.space(0), 0, inMessage)
	return s.m.ID
}
