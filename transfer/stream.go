package transfer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// The files about the whole grow with the site. They are read and written bit by
// bit, so that none of them is ever in memory.

// members has do decode the value of each member of an object.
func members(d *json.Decoder, do func(name string) error) error {
	return within(d, '{', func() error {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := do(name.(string)); err != nil { // a string, as the decoder makes sure
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// elements has do decode each element of an array.
func elements(d *json.Decoder, do func() error) error {
	n := 0
	return within(d, '[', func() error {
		if err := do(); err != nil {
			return fmt.Errorf("element %d: %w", n, err)
		}
		n++
		return nil
	})
}

func within(d *json.Decoder, begin json.Delim, do func() error) error {
	mark, err := d.Token()
	if err != nil {
		return err
	}
	if mark == nil { // null, which is nothing
		return nil
	}
	if mark != begin {
		return fmt.Errorf("%v instead of %v", mark, begin)
	}
	for d.More() {
		if err := do(); err != nil {
			return err
		}
	}
	_, err = d.Token() // the end
	return err
}

// skip passes over a value.
func skip(d *json.Decoder) error {
	for depth := 0; ; {
		mark, err := d.Token()
		if err != nil {
			return err
		}
		switch mark {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// stream writes a JSON value. Its first error ends it, and close returns that.
type stream struct {
	w     *bufio.Writer
	begun bool // what is open has something in it
	err   error
}

func newStream(w io.Writer) *stream { return &stream{w: bufio.NewWriter(w)} }

func (s *stream) put(v any) {
	text, err := json.Marshal(v)
	if s.err == nil {
		s.err = err
	}
	_, _ = s.w.Write(text) // the writer keeps its error
}

// next goes on to the next element or member.
func (s *stream) next() {
	if s.begun {
		_ = s.w.WriteByte(',')
	}
	_ = s.w.WriteByte('\n')
	s.begun = true
}

// element writes an element of the array that is open.
func (s *stream) element(v any) {
	s.next()
	s.put(v)
}

// member writes a member of the object that is open.
func (s *stream) member(name string, v any) {
	s.name(name)
	s.put(v)
}

// name begins a member of the object that is open.
func (s *stream) name(name string) {
	s.next()
	s.put(name)
	_ = s.w.WriteByte(':')
}

// open begins an object or array.
func (s *stream) open(mark byte) {
	_ = s.w.WriteByte(mark)
	s.begun = false
}

// shut ends an object or array.
func (s *stream) shut(mark byte) {
	_ = s.w.WriteByte(mark)
	s.begun = true
}

// close writes what is left, and returns the first error.
func (s *stream) close() error {
	_ = s.w.WriteByte('\n')
	if err := s.w.Flush(); s.err == nil {
		s.err = err
	}
	return s.err
}
