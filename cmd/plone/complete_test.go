package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/client"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		for _, name := range []string{"ab", "ac", "b"} {
			create(t, c, s.folder, client.Fields{"@type": "Document", "id": name, "title": name})
		}
		const noFiles, files, failed = ":6\n", ":0\n", ":1\n"
		for _, tt := range []struct {
			args []string
			want string
		}{
			{[]string{"get", "FOLDER/a"}, "FOLDER/ab\nFOLDER/ac\n" + noFiles},
			{[]string{"ls", s.folder[1:] + "/"}, "FOLDER/ab\nFOLDER/ac\nFOLDER/b\n" + noFiles},
			{[]string{"rm", "FOLDER/ab", "FOLDER/b"}, "FOLDER/b\n" + noFiles},
			{[]string{"get", "FOLDER/x"}, noFiles},
			{[]string{"get", s.folder[:6]}, "FOLDER\n" + noFiles},
			{[]string{"upload", "x"}, files},
			{[]string{"upload", "x", "FOLDER/b"}, "FOLDER/b\n" + noFiles},
			{[]string{"get", "FOLDER/nope/x"}, failed},
			{[]string{"get", "--profile", "nope", "FOLDER/"}, failed},
		} {
			r := s.run(t, append([]string{"__complete"}, tt.args...)...)
			assert.Zero(t, r.code)
			assert.Equal(t, tt.want, r.out, "%v", tt.args)
		}
	})
}
