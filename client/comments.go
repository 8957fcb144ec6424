package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// CommentService manages comments. It needs plone.app.discussion, comments have
// to be switched on for the site, and for each object by its AllowDiscussion. It
// is safe for concurrent use.
type CommentService struct{ client *Client }

var (
	listComments = declare(operation{
		name: "Comments.All", method: http.MethodGet, path: "/{path}/@comments", want: http.StatusOK, means: withoutComments,
	})
	getComment = declare(operation{
		name: "Comments.Get", method: http.MethodGet, path: "/{path}/@comments/{id}", want: http.StatusOK, means: append(slices.Clone(withoutComments), lookup...),
	})
	addComment = declare(operation{
		name: "Comments.Add", method: http.MethodPost, path: "/{path}/@comments", want: http.StatusNoContent, means: undiscussed,
	})
	replyToComment = declare(operation{
		name: "Comments.Reply", method: http.MethodPost, path: "/{path}/@comments/{id}", want: http.StatusNoContent, means: undiscussed,
	})
	updateComment = declare(operation{
		name: "Comments.Update", method: http.MethodPatch, path: "/{path}/@comments/{id}", want: http.StatusNoContent,
		kind: retry.Repeatable, means: undiscussed,
	})
	deleteComment = declare(operation{
		name: "Comments.Delete", method: http.MethodDelete, path: "/{path}/@comments/{id}", want: http.StatusNoContent, means: withoutComments,
	})

	// The exception is Unauthorized, for managers too.
	undiscussed = append([]meaning{{says: "Discussion is not enabled", is: errors.ErrUnsupported}}, withoutComments...)
	// A site without the add-on has none of its settings.
	withoutComments = []meaning{{raised: "KeyError", says: "IDiscussionSettings", is: errors.ErrUnsupported}}
)

// Comment is a comment on an object, or a reply to another one.
type Comment struct {
	URL              string      `json:"@id"`                    // its address
	Type             string      `json:"@type"`                  // "Discussion Item"
	Parent           string      `json:"@parent,omitempty"`      // address of the comment that it replies to; empty for none
	CommentID        string      `json:"comment_id"`             // digits, greater for a newer comment
	InReplyTo        string      `json:"in_reply_to,omitempty"`  // CommentID of the parent
	Text             CommentText `json:"text"`                   // as the site shows it
	UserNotification bool        `json:"user_notification"`      // whether the author gets mail about other comments
	AuthorUsername   string      `json:"author_username"`        // empty for an anonymous author
	AuthorName       string      `json:"author_name"`            // for people
	AuthorImage      string      `json:"author_image,omitempty"` // address of the portrait
	CreationDate     Time        `json:"creation_date"`
	ModificationDate Time        `json:"modification_date"`
	IsEditable       bool        `json:"is_editable"`  // whether the user may Update it
	IsDeletable      bool        `json:"is_deletable"` // whether the user may Delete it
	CanReply         bool        `json:"can_reply"`    // whether the user may Reply to it
}

// CommentText is the text of a comment.
type CommentText struct {
	Data     string `json:"data"`
	MIMEType string `json:"mime-type"` // text/plain, or text/html when the site transforms comments
}

func (c *Comment) check() error {
	if c.CommentID == "" {
		return errMissing("comment_id")
	}
	return nil
}

func (c *Comment) identity() string { return c.URL }

// CommentPermissions tell what the user may do with the comments of an object.
type CommentPermissions struct {
	ViewComments bool `json:"view_comments"`
	CanReply     bool `json:"can_reply"`
}

// NewComment is a comment to write. The server takes the author from the user,
// and the fields about the author only from somebody who is not logged in.
type NewComment struct {
	Text             string `json:"text"`
	AuthorName       string `json:"author_name,omitempty"`
	AuthorEmail      string `json:"author_email,omitempty"`
	UserNotification bool   `json:"user_notification,omitempty"` // send the author mail about other comments
}

// WrittenComment is the result of writing a comment. Where moderators decide
// about new comments, the server does not name the one that waits for them:
// Location is nil and CommentID empty then.
type WrittenComment struct {
	Response
	Location  *url.URL
	CommentID string
}

// CommentOptions say how to read comments.
type CommentOptions struct {
	PageSize int // comments per request; 0 for 100
}

// All walks the comments on the object at path, each one before its replies.
//
// Errors: [errors.ErrUnauthorized] when the user may not view the object or its
// comments (the server answers the latter with an empty list),
// [errors.ErrNotFound], and [errors.ErrListChanged] at the end when the comments
// changed underneath.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) All(ctx context.Context, path string, o CommentOptions, opts ...CallOption) iter.Seq2[*Comment, error] {
	return itemsOf(s.Pages(ctx, path, o, opts...))
}

// Pages is All in batches of PageSize, which tell how many comments there are. The
// next one is fetched while the caller works with the last.
//
// Errors: as All.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Pages(ctx context.Context, path string, o CommentOptions, opts ...CallOption) iter.Seq2[*Batch[Comment], error] {
	l := &list[Comment]{client: s.client, size: o.PageSize, request: listComments.at(path)}
	return func(yield func(*Batch[Comment], error) bool) {
		some := false
		for batch, err := range l.pages(ctx, opts) {
			if !some && errors.Is(err, errors.ErrListChanged) {
				// A total without items: hidden, or really changed.
				p, permErr := s.Permissions(ctx, path, opts...)
				if permErr == nil && !p.Value.ViewComments {
					err = fmt.Errorf("plone: the comments of %s are hidden from this user: %w", path, errors.ErrUnauthorized)
				}
			}
			some = some || err == nil && len(batch.Items) > 0
			if !yield(batch, err) {
				return
			}
		}
	}
}

// Permissions returns what the user may do with the comments of the object at
// path. CanReply says nothing about whether the object takes comments.
//
// Errors: [errors.ErrUnauthorized], [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Permissions(ctx context.Context, path string, opts ...CallOption) (*OK[CommentPermissions], error) {
	r := listComments.at(path)
	r.Query = url.Values{"b_size": {"1"}}
	result, err := ok[conversation](ctx, s.client, r, opts)
	if err != nil {
		return nil, err
	}
	return &OK[CommentPermissions]{result.Response, *result.Value.Permissions}, nil
}

// conversation is the answer that holds the permissions beside the comments.
type conversation struct {
	Permissions *CommentPermissions `json:"permissions"`
}

func (c *conversation) check() error {
	if c.Permissions == nil {
		return errMissing("permissions")
	}
	return nil
}

// Get returns one comment on the object at path.
//
// Errors: [errors.ErrNotFound] when there is no such object or comment (the latter
// is a 503), [errors.ErrUnauthorized], [errors.ErrInvalidInput] for an id that is
// no number.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Get(ctx context.Context, path, id string, opts ...CallOption) (*OK[Comment], error) {
	return ok[Comment](ctx, s.client, getComment.comment(path, id), opts)
}

// Add puts a comment on the object at path.
//
// Errors: [errors.ErrUnsupported] when the object takes no comments: that is a 401,
// also for a manager; [errors.ErrUnauthorized] when the user may not reply,
// [errors.ErrValidation] for a text that is missing, [errors.ErrNotFound],
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Add(ctx context.Context, path string, comment NewComment, opts ...CallOption) (*WrittenComment, error) {
	return s.write(ctx, addComment.at(path).with(comment), opts)
}

// Reply puts a comment under the one with the id.
//
// Errors: those of Add; [errors.ErrNotFound] also when there is no such comment,
// [errors.ErrInvalidInput] for an id that is no number.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Reply(ctx context.Context, path, id string, comment NewComment, opts ...CallOption) (*WrittenComment, error) {
	return s.write(ctx, replyToComment.comment(path, id).with(comment), opts)
}

// Update changes the text of a comment.
//
// Errors: [errors.ErrUnauthorized] when the user may not edit it or the site does
// not let comments be edited, [errors.ErrValidation] for an empty text,
// [errors.ErrNotFound] when there is no such object or comment,
// [errors.ErrInvalidInput] for an id that is no number.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Update(ctx context.Context, path, id, text string, opts ...CallOption) (*WrittenComment, error) {
	return s.write(ctx, updateComment.comment(path, id).with(NewComment{Text: text}), opts)
}

// Delete removes a comment with all replies to it.
//
// Errors: [errors.ErrUnauthorized] when the user may not delete it,
// [errors.ErrNotFound] when there is no such object or comment,
// [errors.ErrInvalidInput] for an id that is no number.
//
// Source: plone.restapi documentation, "Comments".
func (s *CommentService) Delete(ctx context.Context, path, id string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deleteComment.comment(path, id), opts)
}

// comment is at for a comment. It refuses ids that the server reads as none: 0 is
// the whole list to it, and no parent.
func (op *operation) comment(path, id string) request {
	r := op.at(path, id)
	if strings.Trim(id, "0") == "" || strings.Trim(id, "0123456789") != "" {
		r.err = invalid("%q is not the id of a comment", id)
	}
	return r
}

func (s *CommentService) write(ctx context.Context, r request, opts []CallOption) (*WrittenComment, error) {
	resp, err := s.client.roundTrip(ctx, r.apply(opts), nil)
	if err != nil {
		return nil, err
	}
	result := &WrittenComment{Response: summary(resp)}
	if u := location(resp); u != nil {
		if _, id, found := strings.Cut(u.Path, "/@comments/"); found {
			result.Location, result.CommentID = u, id
		}
	}
	return result, nil
}
