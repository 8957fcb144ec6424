package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Site(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		info, err := s.anonymous(t).Site.Get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, s.url+"/@site", info.Value.URL)
		assert.Equal(t, "Plone", info.Value.Title)
		assert.Empty(t, info.Value.Logo)
		assert.Contains(t, info.Value.AllowedSizes, "preview 400:65536")
		assert.Equal(t, "en", info.Value.DefaultLanguage)
		assert.Equal(t, []string{"en", "de"}, info.Value.Languages)
		assert.Equal(t, "UTC", info.Value.Timezone)
		assert.True(t, info.Value.Features.Multilingual)
		assert.Contains(t, info.Value.RobotsTXT, "Disallow")
		var title string
		require.NoError(t, info.Value.Extra("plone.site_title", &title))
		assert.Equal(t, "Plone", title)
		require.ErrorIs(t, info.Value.Extra("nope", &title), errors.ErrNoField)
	})
}

func TestBehaviour_System(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		system, err := c.System.Get(t.Context())
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(system.Value.Plone, "6."), system.Value.Plone)
		assert.Regexp(t, `^\d+\.\d`, system.Value.RESTAPI)
		assert.Equal(t, system.Value.FileSystem, system.Value.Installed)
		assert.False(t, system.Value.NeedsUpgrade)
		assert.Equal(t, "No", system.Value.DebugMode)
		assert.NotEmpty(t, system.Value.DistributionVersion)
		assert.Equal(t, "Plone Site (Volto) (volto)", system.Value.Distribution)

		database, err := c.Database.Get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, s.url+"/@database", database.Value.URL)
		assert.Positive(t, database.Value.Size)
		assert.Positive(t, database.Value.Objects)
		assert.NotEmpty(t, database.Value.Name)
		require.NotEmpty(t, database.Value.Connections)
		assert.NotEmpty(t, database.Value.Connections[0].Connection)

		_, err = s.anonymous(t).System.Get(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Database.Get(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_Upgrade(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)
		upgrade, err := c.Upgrade.Get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, upgrade.Value.Versions.FileSystem, upgrade.Value.Versions.Instance)
		assert.Empty(t, upgrade.Value.Steps)

		report, err := c.Upgrade.DryRun(t.Context())
		require.NoError(t, err)
		assert.True(t, report.Value.DryRun)
		assert.Contains(t, report.Value.Report, "Dry run selected.")

		_, err = c.Upgrade.Run(t.Context(), "")
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		_, err = c.Upgrade.Run(t.Context(), "1")
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		report, err = c.Upgrade.Run(t.Context(), upgrade.Value.Versions.FileSystem)
		require.NoError(t, err)
		assert.False(t, report.Value.DryRun)
		assert.True(t, report.Value.Upgraded)
		assert.NotContains(t, report.Value.Report, "Dry run")

		_, err = s.anonymous(t).Upgrade.Get(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Upgrade.DryRun(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_Transactions(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)
		path := s.folder(t)

		transactions, err := c.Transactions.List(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, transactions.Value)
		var id string // of the creation, among those of other tests
		site := s.url[strings.LastIndexByte(s.url, '/'):]
		for _, tx := range transactions.Value {
			if tx.Description == site+"/POST_application_json_" {
				id = tx.ID
				assert.Equal(t, s.user, tx.Username)
				assert.True(t, tx.Time.Local)
				assert.WithinDuration(t, time.Now(), tx.Time.Time, 25*time.Hour)
				assert.Positive(t, tx.Size)
				break
			}
		}
		require.NotEmpty(t, id)

		undone, err := c.Transactions.Undo(t.Context(), []string{strings.Fields(id)[0]})
		require.NoError(t, err)
		assert.Contains(t, undone.Value.Message, "reverted")
		_, err = c.Content.Get(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrNotFound)

		for name, tt := range map[string]struct {
			ids  []string
			want error
		}{
			"again":     {[]string{id}, errors.ErrBadRequest},
			"unknown":   {[]string{"QUFBQUFBQUE="}, errors.ErrBadRequest},
			"no base64": {[]string{"abc"}, errors.ErrInternalServer},
			"none":      {nil, errors.ErrInvalidInput},
			"empty":     {[]string{id, " \n"}, errors.ErrInvalidInput},
		} {
			_, err = c.Transactions.Undo(t.Context(), tt.ids)
			require.ErrorIs(t, err, tt.want, name)
		}
		_, err = s.anonymous(t).Transactions.List(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Transactions.Undo(t.Context(), []string{id})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_Email(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, mail := s.client(t), client.Mail{From: "ada@example.org", Name: "Ada", Subject: "S", Message: "Note: all of it"}
		sent, err := c.Email.Send(t.Context(), "bob@example.org", mail)
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, sent.StatusCode)
		_, err = c.Email.Send(t.Context(), "", mail)
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = c.Email.Send(t.Context(), "bob@example.org", client.Mail{From: "ada@example.org"})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = s.anonymous(t).Email.Send(t.Context(), "bob@example.org", mail)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		assert.NotContains(t, err.Error(), "all of it")

		_, err = s.anonymous(t).Email.Notify(t.Context(), mail)
		require.NoError(t, err)
		_, err = c.Email.Notify(t.Context(), client.Mail{Message: "no address"})
		require.ErrorIs(t, err, errors.ErrBadRequest)
	})
}

func TestBehaviour_BlockTypes(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s.needs(t, blockTypes)
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "Blocks",
			"blocks": client.Fields{"a": client.Fields{"@type": "slate"}, "b": client.Fields{"@type": "slate"},
				"c": client.Fields{"@type": "image"}},
			"blocks_layout": client.Fields{"items": []string{"a", "b", "c"}}})
		under := s.url[strings.LastIndexByte(s.url, '/'):] + folder

		counts, err := c.BlockTypes.Counts(t.Context(), under)
		require.NoError(t, err)
		assert.Equal(t, map[string]int{"slate": 2, "image": 1}, counts.Value)
		all, err := c.BlockTypes.Counts(t.Context(), "")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, all.Value["slate"], 2)

		uses, err := c.BlockTypes.Find(t.Context(), under, "slate")
		require.NoError(t, err)
		assert.Equal(t, []client.BlockUse{{URL: s.url + path, Title: "Blocks", Count: 2}}, uses.Value)
		uses, err = c.BlockTypes.Find(t.Context(), "", "nope")
		require.NoError(t, err)
		assert.Empty(t, uses.Value)
		_, err = s.anonymous(t).BlockTypes.Counts(t.Context(), "")
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = c.BlockTypes.Find(t.Context(), "", "")
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}
