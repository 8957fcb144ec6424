package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"plone.example/restapi/errors"
)

// journal is the memory of a run: a file with one line for each step that is
// done, on the disk before the next step begins. A line that was being written
// when the machine stopped counts for nothing.
type journal struct {
	file    *os.File
	done    map[string]bool    // by the id of the step
	earlier map[string]*Result // of those that another run did
	report  *Report
	resumed bool
}

// line is one line of a journal.
type line struct {
	Step   string  `json:"step,omitempty"`
	Result *Result `json:"result,omitempty"`
	End    bool    `json:"end,omitempty"` // the run was completed
}

// openJournal opens the journal at path, and makes it when there is none. That of
// a completed run is begun anew.
func openJournal(path string, report *Report) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file, report: report}
	if err := j.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), file.Close())
	}
	return j, nil
}

func (j *journal) read() error {
	j.done, j.earlier = map[string]bool{}, map[string]*Result{}
	fresh := j.report.clone()
	r := bufio.NewReader(j.file)
	good, ended := int64(0), false
	for {
		text, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var l line
		if err != nil || json.Unmarshal(bytes.TrimSpace(text), &l) != nil {
			break // the end, or a line that was never completed
		}
		good += int64(len(text))
		if ended = l.End; ended || l.Result == nil {
			continue
		}
		j.forget(l.Step) // it was done again
		j.done[l.Step], j.earlier[l.Step] = true, l.Result
		j.report.Add(l.Result)
	}
	if ended {
		good, *j.report = 0, *fresh
		clear(j.done)
		clear(j.earlier)
	}
	j.resumed = good > 0
	if err := j.file.Truncate(good); err != nil {
		return err
	}
	_, err := j.file.Seek(good, io.SeekStart)
	return err
}

// append writes a line and waits until the disk has it.
func (j *journal) append(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// forget takes back a step that another run did, since it has to be done again.
func (j *journal) forget(id string) {
	if r, ok := j.earlier[id]; ok {
		j.report.Remove(r)
		delete(j.earlier, id)
		delete(j.done, id)
	}
}

func (j *journal) finish(id string, r *Result) error {
	if err := j.append(line{Step: id, Result: r}); err != nil {
		return err
	}
	j.done[id] = true
	j.report.Add(r)
	return nil
}

func (j *journal) close() error {
	if err := j.file.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}
