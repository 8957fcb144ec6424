package errors_test

import (
	"fmt"
	"net/http"

	"github.com/jarcoal/httpmock"

	"plone.example/restapi/errors"
)

// ask stands for a call of the SDK that is answered with status and body.
func ask(method, path string, status int, body string) error {
	site := httpmock.NewMockTransport()
	site.RegisterNoResponder(httpmock.NewStringResponder(status, body))
	req, err := http.NewRequest(method, "https://host/Plone"+path, nil)
	if err != nil {
		return err
	}
	resp, err := site.RoundTrip(req)
	if err != nil {
		return errors.NewTransportError(req, 1, err)
	}
	defer resp.Body.Close()
	return errors.FromResponse(resp)
}

func Example() {
	err := ask("GET", "/nope", 404, `{"type": "NotFound", "message": "Resource not found: https://host/Plone/nope"}`)
	fmt.Println(err)
	fmt.Println("this status:", errors.Is(err, errors.ErrNotFound))
	fmt.Println("any 4xx:", errors.Is(err, errors.ErrClient))
	fmt.Println("any 5xx:", errors.Is(err, errors.ErrServer))
	// Output:
	// plone: GET https://host/Plone/nope: 404 Not Found: NotFound: Resource not found: https://host/Plone/nope
	// this status: true
	// any 4xx: true
	// any 5xx: false
}

// A status of plone.restapi does not always say what is meant; the error matches
// both.
func ExampleStatusError() {
	err := ask("PATCH", "/news", 500, `{"type": "ConflictError", "message": "database conflict error"}`)
	fmt.Println("sent as 500:", errors.Is(err, errors.ErrInternalServer))
	fmt.Println("meant as 409:", errors.Is(err, errors.ErrConflict))
	fmt.Println("its class is that of the 500:", errors.Is(err, errors.ErrServer), errors.Is(err, errors.ErrClient))
	if e, ok := errors.AsType[*errors.StatusError](err); ok {
		fmt.Println(e.Type, "rolled back:", e.Raised())
	}
	// Output:
	// sent as 500: true
	// meant as 409: true
	// its class is that of the 500: true false
	// ConflictError rolled back: true
}

// Plone names the fields it refuses in the text of a Python list.
func ExampleFieldError() {
	err := ask("POST", "", 400, `{"type": "BadRequest", "message": "[{'message': 'Required input is missing.', 'field': 'title', 'error': 'ValidationError'}]"}`)
	if e, ok := errors.AsType[*errors.StatusError](err); ok && errors.Is(err, errors.ErrValidation) {
		for _, refused := range e.Fields {
			fmt.Printf("%s: %s\n", refused.Field, refused.Message)
		}
	}
	// Output: title: Required input is missing.
}

func ExampleUnauthorizedError() {
	err := ask("POST", "/@login", 401, `{"error": {"type": "Invalid credentials", "message": "Wrong login and/or password."}}`)
	if e, ok := errors.AsType[*errors.UnauthorizedError](err); ok {
		fmt.Println(e.Message)
		fmt.Println("challenges:", len(e.Challenges))
		fmt.Println("wrong password:", errors.Is(err, errors.ErrInvalidCredentials))
	}
	// Output:
	// Wrong login and/or password.
	// challenges: 0
	// wrong password: true
}

func ExampleClassName() {
	for _, err := range []error{
		nil,
		ask("GET", "/nope", 404, `{"type": "NotFound", "message": "x"}`),
		ask("PATCH", "/page", 500, `{"type": "ConflictError", "message": "x"}`),
		fmt.Errorf("sent: %w", errors.ErrOutcomeUnknown),
	} {
		fmt.Println(errors.ClassName(err))
	}
	// Output:
	// ok
	// 404
	// conflict
	// outcome-unknown
}

func ExampleParseChallenges() {
	header := http.Header{}
	header.Add("WWW-Authenticate", `Bearer, Basic realm="Zope, \"live\"", charset=UTF-8`)
	header.Add("WWW-Authenticate", `Negotiate YWJj==`)
	for _, c := range errors.ParseChallenges(header.Values("WWW-Authenticate")) {
		fmt.Printf("%s %q %q\n", c.Scheme, c.Token68, c.Params)
	}
	// Output:
	// bearer "" map[]
	// basic "" map["charset":"UTF-8" "realm":"Zope, \"live\""]
	// negotiate "YWJj==" map[]
}
