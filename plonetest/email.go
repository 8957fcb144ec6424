package plonetest

import "net/http"

func emailServices() []service {
	return []service{
		{method: "POST", name: "@email-notification", on: siteRoot, permission: view, handle: postNotification},
		{method: "POST", name: "@email-send", on: siteRoot, permission: view, handle: postEmail},
	}
}

// mailHost says whether the site is set up to send mail. None is sent here.
func (s *site) mailHost() bool {
	for _, name := range []string{"plone.smtp_host", "plone.email_from_address"} {
		if isFalse(s.setup.setting(name).value) {
			return false
		}
	}
	return true
}

func postNotification(c *call) (*answer, error) {
	data, err := c.json()
	switch {
	case err != nil:
		return nil, err
	case isFalse(data["from"]) || isFalse(data["message"]):
		return nil, fail("BadRequest", "Missing from or message parameters")
	case !c.mailHost():
		return nil, fail("BadRequest", "MailHost is not configured.")
	}
	return noContent(), nil
}

// postEmail tells those who may not send mail nothing but their own text.
func postEmail(c *call) (*answer, error) {
	data, err := c.json()
	switch {
	case err != nil:
		return nil, err
	case isFalse(data["to"]) || isFalse(data["from"]) || isFalse(data["message"]):
		return refuse(http.StatusBadRequest, "BadRequest", `Missing "to", "from" or "message" parameters`), nil
	case !c.mailHost():
		return refuse(http.StatusBadRequest, "BadRequest", "MailHost is not configured."), nil
	case c.allowed(c.user, useMailhost, c.context):
		return noContent(), nil
	case c.user.id == "":
		return refuse(http.StatusUnauthorized, "Unauthorized", str(data["message"])), nil
	default:
		return refuse(http.StatusForbidden, "Forbidden", str(data["message"])), nil
	}
}
