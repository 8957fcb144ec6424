package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Answers without what they are made of are refused.
func TestComponents_oddAnswers(t *testing.T) {
	t.Parallel()
	for service, read := range map[string]func(c *client.Client) error{
		"@breadcrumbs": func(c *client.Client) error { _, err := c.Components.Breadcrumbs(t.Context(), "/"); return err },
		"@navigation":  func(c *client.Client) error { _, err := c.Components.Navigation(t.Context(), "/", 1); return err },
		"@actions":     func(c *client.Client) error { _, err := c.Components.Actions(t.Context(), "/", nil); return err },
		"@navroot":     func(c *client.Client) error { _, err := c.Components.Navroot(t.Context(), "/"); return err },
		"@inherit": func(c *client.Client) error {
			_, err := c.Components.Inherit(t.Context(), "/", []string{"b"})
			return err
		},
		"@querystring": func(c *client.Client) error { _, err := c.Search.Querystring(t.Context(), "/"); return err },
		"@contextnavigation": func(c *client.Client) error {
			_, err := c.Components.ContextNavigation(t.Context(), "/", client.ContextNavigationOptions{})
			return err
		},
	} {
		for _, body := range []string{`{}`, `{"@id":7}`, `[]`, `"x"`, `{"@id":"u","b":7,"navroot":7,"items":7,"indexes":7}`, `{"@id":`} {
			if service == "@actions" && body == `{}` {
				continue // a site without actions
			}
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/"+service, jsonAnswer(200, body))
			_, found := errors.AsType[*errors.DecodeError](read(c))
			assert.True(t, found, "%s %s", service, body)
		}
	}
}

func TestInherited_json(t *testing.T) {
	t.Parallel()
	const data = `{"@id":"u","plone.x":{"from":{"@id":"v","title":"V"},"data":{"a":1}}}`
	var inherited client.Inherited
	require.NoError(t, json.Unmarshal([]byte(data), &inherited))
	again, err := json.Marshal(inherited)
	require.NoError(t, err)
	assert.JSONEq(t, data, string(again))
}

func TestNavroot_fields(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/a/@navroot", jsonAnswer(200, `{"@id":"u","navroot":{"@id":"v","@type":"LRF","table_of_contents":true,"colour":"red"}}`))
	got, err := c.Components.Navroot(t.Context(), "/a")
	require.NoError(t, err)
	assert.Equal(t, "LRF", got.Value.Navroot.Type)
	assert.True(t, bool(got.Value.Navroot.TableOfContents))
	var colour string
	require.NoError(t, got.Value.Navroot.Extra("colour", &colour))
	assert.Equal(t, "red", colour)
}
