package wire

import (
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"
)

// Decode returns a reader of a body as UTF-8, by the charset that its Content-Type
// names. Without one, JSON is UTF-8.
func Decode(contentType string, body io.Reader) (io.Reader, error) {
	_, params, _ := mime.ParseMediaType(contentType)
	switch charset := strings.ToLower(params["charset"]); charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return body, nil
	case "iso-8859-1", "latin-1", "latin1":
		return &latin1{in: body}, nil
	default:
		return nil, fmt.Errorf("the answer is in the charset %q, not in UTF-8", charset)
	}
}

// latin1 reads ISO 8859-1 as UTF-8.
type latin1 struct {
	in  io.Reader
	out []byte // what did not fit
}

// Read implements io.Reader.
func (l *latin1) Read(p []byte) (int, error) {
	var err error
	if len(l.out) == 0 && len(p) > 0 {
		bytes := make([]byte, len(p))
		var n int
		n, err = l.in.Read(bytes)
		for _, b := range bytes[:n] {
			l.out = utf8.AppendRune(l.out, rune(b))
		}
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	if len(l.out) > 0 {
		err = nil // it comes again
	}
	return n, err
}
