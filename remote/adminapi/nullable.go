package adminapi

import (
	"encoding/json"
	"reflect"
)

// A Nullable is a field of a request that may be absent, null, or a value.
type Nullable[T any] struct {
	Given bool
	Value *T // nil: null, if Given
}

// UnmarshalJSON is called only for a field that is there.
func (n *Nullable[T]) UnmarshalJSON(b []byte) error {
	n.Given = true
	return json.Unmarshal(b, &n.Value)
}

// MarshalJSON implements [json.Marshaler].
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }

// IsZero is for the tag omitzero.
func (n Nullable[T]) IsZero() bool { return !n.Given }

// Optional implements [web.Optional].
func (Nullable[T]) Optional() reflect.Type { return reflect.TypeFor[T]() }
