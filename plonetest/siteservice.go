package plonetest

func siteServices() []service {
	return []service{
		{method: "GET", name: "@site", on: siteRoot, handle: getSite},
		{method: "GET", name: "@system", on: siteRoot, permission: overview, handle: getSystem},
		{method: "GET", name: "@database", on: siteRoot, permission: overview, handle: getDatabase},
		{method: "GET", name: "@upgrade", on: siteRoot, permission: managePortal, handle: getUpgrade},
		{method: "POST", name: "@upgrade", on: siteRoot, permission: managePortal, handle: postUpgrade},
	}
}

const robots = `Sitemap: {portal_url}/sitemap-index.xml

User-agent: *
Disallow: /search
Disallow: /login
`

func getSite(c *call) (*answer, error) {
	return ok(dict{
		"@id":              c.site.url + "/@site",
		"plone.site_title": c.setup.setting("plone.site_title").value, "plone.site_logo": nil, "plone.robots_txt": robots,
		"plone.allowed_sizes": list{"icon 32:32", "tile 64:64", "thumb 128:128", "mini 200:65536", "preview 400:65536",
			"teaser 600:65536", "large 800:65536", "larger 1000:65536", "great 1200:65536", "huge 1600:65536",
			"2k 2000:65536", "4k 4000:65536"},
		"plone.default_language": "en", "plone.available_languages": c.languages(), "plone.portal_timezone": "UTC",
		"features": dict{"filter_aliases_by_date": true, "multilingual": !c.plain},
	}), nil
}

// languages are the tokens of those that the site has.
func (s *site) languages() list {
	if s.plain {
		return list{"en"}
	}
	return list{"en", "de"}
}

func getSystem(c *call) (*answer, error) {
	return ok(dict{
		"@id": c.site.url + "/@system", "zope_version": "6.3", "plone_version": "6.2.2",
		"plone_restapi_version": "10.0.4", "python_version": "3.11.7 (main) [GCC 12.2.0]", "cmf_version": "3.9",
		"pil_version": "13.0.0 (Pillow)", "debug_mode": "No", "plone_gs_metadata_version_installed": "6205",
		"plone_gs_metadata_version_file_system": "6205", "upgrade": false, "plone.distribution": "4.0.0",
		"distribution": "Plone Site (Volto) (volto)",
	}), nil
}

func getDatabase(c *call) (*answer, error) {
	return ok(dict{
		"@id": c.site.url + "/@database", "db_name": "/plone/var/Data.fs", "db_size": 60 << 20,
		"database_size": 25_000 + len(c.catalog), "cache_size": 5000, "cache_length": 6501, "cache_length_bytes": 0,
		"cache_detail_length": list{dict{"connection": "<ZODB.Connection.Connection object at 0x7f0000000000>",
			"size": 2775, "ngsize": 1450}},
	}), nil
}

func versions() dict { return dict{"fs": "6205", "instance": "6205"} }
func getUpgrade(c *call) (*answer, error) {
	return ok(dict{"@id": c.site.url + "/@upgrade", "upgrade_steps": dict{}, "versions": versions()}), nil
}

// postUpgrade has nothing to do, but to say whether it was a dry run.
func postUpgrade(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	report := "Starting the migration from version: 6205\nYour Plone instance is now up-to-date.\n"
	dryRun := !isFalse(data["dry_run"])
	if dryRun {
		report = "Dry run selected.\n" + report + "Dry run selected, transaction aborted\n"
	}
	return ok(dict{"@id": c.site.url + "/@upgrade", "report": report, "versions": versions(), "dry_run": dryRun,
		"upgraded": true}), nil
}
