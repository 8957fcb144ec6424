"""Create the Plone site that scripts/plone serves; run by Zope's zconsole.

The site has no example content, so that it is the same each time. PLONE_SITE is
its kind; `scripts/plone help` says what each is.
"""

import os

import transaction
from AccessControl.SecurityManagement import newSecurityManager
from plone import api
from plone.app.multilingual.browser.setup import SetupMultilingualSite
from Products.CMFPlone.factory import addPloneSite
from zope.component.hooks import setSite

# app is the root of the database; zconsole puts it there.
admin = app.acl_users.getUserById("admin")  # noqa: F821
newSecurityManager(None, admin.__of__(app.acl_users))  # noqa: F821


def distributions():
    """The distributions that this Plone has: 6.1 has classic alone, 6.0 none."""
    try:
        from plone.distribution.api import distribution as api
    except ImportError:
        return []
    return [d.name for d in api.get_distributions()]


kind = os.environ["PLONE_SITE"]
distribution = "classic" if kind in ("classic", "multilingual") else "volto"
language = "de" if kind in ("german", "multilingual") else "en"

settings = {
    "site_id": "Plone",
    "title": "Plone",
    "description": "",
    "default_language": language,
    "portal_timezone": "UTC",
    "setup_content": False,
}
if distribution in distributions():
    from plone.distribution.api import site as site_api

    site = site_api.create(app, distribution, settings)  # noqa: F821
else:
    extensions = ["plone.app.caching:default", "plonetheme.barceloneta:default"]
    if distribution == "volto":
        extensions.append("plone.volto:default")
    site = addPloneSite(app, extension_ids=extensions, **settings)  # noqa: F821
setSite(site)

# Mail is written to a folder of the instance, as the server is told never to
# send it. Without this, all that sends mail answers with an error.
api.portal.set_registry_record("plone.email_from_address", "plone@example.org")
api.portal.set_registry_record("plone.email_from_name", "Plone")
site.MailHost.smtp_queue = True
site.MailHost.smtp_queue_directory = "var/mail"

profiles = []
if kind in ("full", "german"):
    profiles += ["plone.app.discussion:default", "plone.app.iterate:default"]
if kind in ("full", "multilingual"):
    profiles.append("plone.app.multilingual:default")
for profile in profiles:
    site.portal_setup.runAllImportStepsFromProfile(f"profile-{profile}")

if kind in ("full", "german"):
    discussion = "plone.app.discussion.interfaces.IDiscussionSettings"
    for setting in (
        "globally_enabled",
        "edit_comment_enabled",
        "delete_own_comment_enabled",
    ):
        api.portal.set_registry_record(f"{discussion}.{setting}", True)

if kind in ("full", "multilingual"):
    # Make the language folders /en, /de and /fr, which translations live in.
    languages = ["en", "de"] if kind == "full" else ["de", "en", "fr"]
    api.portal.set_registry_record("plone.available_languages", languages)
    SetupMultilingualSite().setupSite(site)

if kind == "full":
    # plone.volto switches Folder off, as its documents are folders themselves.
    site.portal_types.Folder.global_allow = True

transaction.commit()
