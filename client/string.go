package client

import "fmt"

// String returns the object on one line: its type, address, title and state.
func (c Content) String() string { return oneLine(c.Type, c.URL, c.Title, c.ReviewState) }

// String returns the summary on one line: its type, address, title and state.
func (s Summary) String() string { return oneLine(s.Type, s.URL, s.Title, s.ReviewState) }

// String returns the user on one line: the id and the full name.
func (u User) String() string { return oneLine("User", u.ID, u.Fullname, "") }

// String returns the group on one line: the id and the title.
func (g Group) String() string { return oneLine("Group", g.ID, g.Title, "") }

// String returns the value on one line with the status, when it fits on one.
func (r OK[T]) String() string { return fmt.Sprintf("%d %v", r.StatusCode, r.Value) }

// String returns the value on one line with the status, when it fits on one.
func (r Created[T]) String() string { return fmt.Sprintf("%d %v", r.StatusCode, r.Value) }

// String returns the value on one line with what was done.
func (r Ensured[T]) String() string {
	switch {
	case r.Created:
		return fmt.Sprintf("created %v", r.Value)
	case r.Changed != nil:
		return fmt.Sprintf("changed %q of %v", r.Changed, r.Value)
	}
	return fmt.Sprintf("unchanged %v", r.Value)
}

func oneLine(kind, name, title, state string) string {
	line := fmt.Sprintf("%s %s %q", kind, name, title)
	if state != "" {
		line += " (" + state + ")"
	}
	return line
}
