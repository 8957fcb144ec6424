package plonetest

func siteServices() []service {
	return []service{
		{method: "GET", name: "@site", on: siteRoot, handle: getSite},
		{method: "GET", name: "@system", on: siteRoot, permission: overview, handle: getSystem},
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
		"plone.site_title": c.root.text("title"), "plone.site_logo": nil, "plone.robots_txt": robots,
		"plone.allowed_sizes": list{"icon 32:32", "tile 64:64", "thumb 128:128", "mini 200:65536", "preview 400:65536",
			"teaser 600:65536", "large 800:65536", "larger 1000:65536", "great 1200:65536", "huge 1600:65536",
			"2k 2000:65536", "4k 4000:65536"},
		"plone.default_language": "en", "plone.available_languages": list{"en", "de"}, "plone.portal_timezone": "UTC",
		"features": dict{"filter_aliases_by_date": true, "multilingual": true},
	}), nil
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
