"""Create the Plone site that scripts/plone serves; run by Zope's zconsole.

The site is the volto distribution without example content, so that it is the
same each time. With PLONE_SITE=plain that is all. Otherwise it has in addition
what the REST API documents and a bare site has switched off: comments, working
copies, translations and the Folder type.
"""

import os

import transaction
from AccessControl.SecurityManagement import newSecurityManager
from plone import api
from plone.app.multilingual.browser.setup import SetupMultilingualSite
from plone.distribution.api import site as site_api
from zope.component.hooks import setSite

# app is the root of the database; zconsole puts it there.
admin = app.acl_users.getUserById("admin")  # noqa: F821
newSecurityManager(None, admin.__of__(app.acl_users))  # noqa: F821

site = site_api.create(
    app,  # noqa: F821
    "volto",
    {
        "site_id": "Plone",
        "title": "Plone",
        "description": "",
        "default_language": "en",
        "portal_timezone": "UTC",
        "setup_content": False,
    },
)
setSite(site)

# Mail is written to a folder of the instance, as the server is told never to
# send it. Without this, all that sends mail answers with an error.
api.portal.set_registry_record("plone.email_from_address", "plone@example.org")
api.portal.set_registry_record("plone.email_from_name", "Plone")
site.MailHost.smtp_queue = True
site.MailHost.smtp_queue_directory = "var/mail"

if os.environ.get("PLONE_SITE") != "plain":
    for profile in (
        "plone.app.discussion:default",
        "plone.app.iterate:default",
        "plone.app.multilingual:default",
    ):
        site.portal_setup.runAllImportStepsFromProfile(f"profile-{profile}")

    discussion = "plone.app.discussion.interfaces.IDiscussionSettings"
    for setting in (
        "globally_enabled",
        "edit_comment_enabled",
        "delete_own_comment_enabled",
    ):
        api.portal.set_registry_record(f"{discussion}.{setting}", True)

    # Make the language folders /en and /de, which translations live in.
    api.portal.set_registry_record("plone.available_languages", ["en", "de"])
    SetupMultilingualSite().setupSite(site)

    # plone.volto switches Folder off, as its documents are folders themselves.
    site.portal_types.Folder.global_allow = True

transaction.commit()
