package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress returns what shows how far a transfer is, and what ends that: a bar on
// a terminal, a line for each tenth elsewhere, and nothing beside JSON.
func (a *app) progress(title string) (show func(done, total int64), end func()) {
	switch {
	case a.quiet || a.json:
		return nil, func() {}
	case isTerminal(a.stderr):
		return bar(a.stderr, plain(title))
	default:
		return lines(a.stderr, plain(title)), func() {}
	}
}

// isTerminal reports whether what is read from or written to is a terminal.
func isTerminal(stream any) bool {
	file, found := stream.(*os.File)
	return found && term.IsTerminal(int(file.Fd()))
}

// newBar returns a bar for so many things, -1 for as many as turn out to be there.
func newBar(w io.Writer, total int64, title string, shows ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, append(shows,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(title),
		progressbar.OptionSetSpinnerChangeInterval(0), // its goroutine reads without a lock
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(30),
	)...)
}

// bar draws a bar of bytes.
func bar(w io.Writer, title string) (show func(done, total int64), end func()) {
	b := newBar(w, -1, title, progressbar.OptionShowBytes(true))
	drawn := false
	show = func(done, total int64) {
		drawn = true
		b.ChangeMax64(total)
		_ = b.Set64(done) // a bar that cannot be drawn stops no transfer
	}
	end = func() {
		if drawn {
			fmt.Fprintln(w)
		}
	}
	return show, end
}

// fewBytes are too few for a word about each tenth of them.
const fewBytes = 1 << 20

// lines writes a line for each tenth.
func lines(w io.Writer, title string) func(done, total int64) {
	shown := int64(0)
	return func(done, total int64) {
		if total < fewBytes {
			return
		}
		if tenth := done * 10 / total; tenth > shown {
			shown = tenth
			fmt.Fprintf(w, "%s: %d %% of %d bytes\n", title, tenth*10, total)
		}
	}
}
