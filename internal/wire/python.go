package wire

import (
	"bufio"
	"bytes"
	"io"
)

// What Python's json module writes beside JSON, for numbers that JSON has not.
var numbers = [][]byte{[]byte("NaN"), []byte("Infinity"), []byte("-Infinity")}

var (
	mark = []byte("\xef\xbb\xbf") // of the byte order, which some put before a text
	null = []byte("null")
)

// Clean returns data without a byte order mark, and with null for NaN, Infinity and
// -Infinity outside of strings. It is data itself where there is nothing to do.
func Clean(data []byte) []byte {
	data = bytes.TrimPrefix(data, mark)
	if !bytes.Contains(data, numbers[0]) && !bytes.Contains(data, numbers[1]) {
		return data
	}
	clean, _ := io.ReadAll(NewReader(bytes.NewReader(data))) // nothing to fail
	return clean
}

// NewReader returns a reader of in that does what [Clean] does.
func NewReader(in io.Reader) io.Reader { return &reader{in: bufio.NewReaderSize(in, 32<<10)} }

type reader struct {
	in      *bufio.Reader
	out     []byte // to be read
	begun   bool
	quoted  bool // within a string
	escaped bool // behind a backslash
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) > 0 && len(r.out) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill puts at least one byte into out.
func (r *reader) fill() error {
	if !r.begun {
		r.begun = true
		if head, _ := r.in.Peek(len(mark)); bytes.Equal(head, mark) {
			_, _ = r.in.Discard(len(mark))
		}
	}
	if _, err := r.in.Peek(1); err != nil {
		return err
	}
	data, _ := r.in.Peek(r.in.Buffered())
	n := r.plain(data)
	if n == 0 {
		data, _ = r.in.Peek(len("-Infinity")) // or less, at the end
		for _, number := range numbers {
			if bytes.HasPrefix(data, number) {
				_, err := r.in.Discard(len(number))
				r.out = null
				return err
			}
		}
		n = 1
	}
	r.out = data[:n]
	_, err := r.in.Discard(n)
	return err
}

// plain returns how much of data stays as it is for sure.
func (r *reader) plain(data []byte) int {
	for i := range data {
		switch c := data[i]; {
		case r.escaped:
			r.escaped = false
		case r.quoted:
			r.escaped, r.quoted = c == '\\', c != '"'
		case c == '"':
			r.quoted = true
		case c == 'N' || c == 'I' || c == '-':
			return i
		}
	}
	return len(data)
}
