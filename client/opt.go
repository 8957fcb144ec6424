package client

import "plone.example/restapi/internal/wire"

// Opt is a member of a request body that is left out, null, or a value. The zero
// Opt is left out when the field has the option omitzero:
//
//	Title client.Opt[string] `json:"title,omitzero"`
type Opt[T any] struct {
	value T
	state optState
}

type optState uint8

const (
	optAbsent optState = iota
	optNull
	optSet
)

// Set is the value v, also when v is the zero value of T.
func Set[T any](v T) Opt[T] { return Opt[T]{value: v, state: optSet} }

// Null is the JSON null, which resets a field to its missing value.
func Null[T any]() Opt[T] { return Opt[T]{state: optNull} }

// Get returns the value, and whether one is set.
func (o Opt[T]) Get() (T, bool) { return o.value, o.state == optSet }

// IsNull reports whether o is the JSON null.
func (o Opt[T]) IsNull() bool { return o.state == optNull }

// IsZero reports whether o is left out.
func (o Opt[T]) IsZero() bool { return o.state == optAbsent }

// MarshalJSON implements json.Marshaler. An Opt that is left out has no JSON of
// its own; without omitzero it is null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != optSet {
		return []byte("null"), nil
	}
	return wire.Marshal(o.value)
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Null[T]()
		return nil
	}
	var v T
	if err := wire.Unmarshal(data, &v); err != nil {
		return err
	}
	*o = Set(v)
	return nil
}
