package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// operationTable lists every operation of plone.restapi, one a line, and after
// them those of the packages that ship with Plone (rows A1 and up). The first
// line names the columns:
//
//   - row: the number of the pair of service and method in the order of the
//     server's own registrations; a letter behind it is a part of that service
//     with bodies of its own, a repeated row is another path or media type.
//   - path: {path} is any object, the site root included; a path without {path}
//     works on the site root only; {zope} is the root of the Zope server, above
//     the site. Other braces are one path segment each.
//   - media: text/csv where the operation is a variant that sends or receives
//     CSV, otherwise "-".
//   - success: the statuses of an answer that is not an error, joined by commas.
//   - errors: the statuses that the operation is known to fail with. A proxy and
//     a bug may add others.
//   - chapter: the page of the endpoint documentation, without ".md". Three have
//     no page: blocktypes, exportimport and sites.
//   - package: the Python package that must be installed besides plone.restapi,
//     otherwise "-".
//   - state: "done" when the operation has a method, a fake and a live test,
//     otherwise "open".
//
// Rows 76 and 78 stand for the panels of add-ons that have children; of the
// panels that ship with Plone only those of the lettered rows accept the calls.
// Row A7 is row 81 with more members in the answer.
//
// Source: plone.restapi 10.0.4, its documentation and its service registrations.
const operationTable = `
row  method   path                                                media     success  errors                       chapter             package                 state
1    GET      /{path}                                             -         200      302,400,401,404,500,501      content-types       -                       done
2    POST     /{path}                                             -         201      400,401,403,404,501          content-types       -                       done
3    PATCH    /{path}                                             -         200,204  400,401,403,404,500,501,503  content-types       -                       done
4    DELETE   /{path}                                             -         204      401,404,423                  content-types       -                       done
5    GET      /{path}/@sharing                                    -         200      401,403,404,501              sharing             -                       done
6    POST     /{path}/@sharing                                    -         204      400,401,403,404,501,503      sharing             -                       done
7    OPTIONS  /{path}/@tus-upload                                 -         204      401,404                      tusupload           -                       done
8    POST     /{path}/@tus-upload                                 -         201      400,401,404,412              tusupload           -                       done
9    HEAD     /{path}/@tus-upload/{upload}                        -         200      401,404,412                  tusupload           -                       done
10   PATCH    /{path}/@tus-upload/{upload}                        -         204      400,401,404,412              tusupload           -                       done
11   POST     /{path}/@tus-replace                                -         201      400,401,404,412              tusupload           -                       done
12   POST     /{path}/@copy                                       -         200      400,401,403,404,500          copymove            -                       done
13   POST     /{path}/@move                                       -         200      400,401,403,404,423,500      copymove            -                       done
14   GET      /{path}/@workflow                                   -         200      401,404                      workflow            -                       done
15   POST     /{path}/@workflow/{transition}                      -         200      400,401,404                  workflow            -                       done
16   GET      /{path}/@history                                    -         200      401,404                      history             -                       done
16   GET      /{path}/@history/{version}                          -         200      401,404,500                  history             -                       done
17   PATCH    /{path}/@history                                    -         200      400,401,404,500,503          history             -                       done
18   GET      /{path}/@lock                                       -         200      401,404                      locking             -                       done
19   POST     /{path}/@lock                                       -         200      401,404,500                  locking             -                       done
20   PATCH    /{path}/@lock                                       -         200      401,404                      locking             -                       done
21   DELETE   /{path}/@lock                                       -         200      401,404                      locking             -                       done
22   GET      /{path}/@workingcopy                                -         200      401,404,500                  workingcopy         plone.app.iterate       done
23   POST     /{path}/@workingcopy                                -         201      401,403,404,500              workingcopy         plone.app.iterate       done
24   PATCH    /{path}/@workingcopy                                -         204      401,403,404,500              workingcopy         plone.app.iterate       done
25   DELETE   /{path}/@workingcopy                                -         204      401,403,404,500              workingcopy         plone.app.iterate       done
26   GET      /{path}/@search                                     -         200      401,404,500                  searching           -                       done
27   GET      /{path}/@querystring-search                         -         200      400,401,404,500              querystringsearch   -                       done
28   POST     /{path}/@querystring-search                         -         200      400,401,404,500              querystringsearch   -                       done
29   GET      /{path}/@querystring                                -         200      401,404                      querystring         -                       done
30   GET      /{path}/@actions                                    -         200      401,404                      actions             -                       done
31   GET      /{path}/@breadcrumbs                                -         200      401,404                      breadcrumbs         -                       done
32   GET      /{path}/@navigation                                 -         200      400,401,404                  navigation          -                       done
33   GET      /{path}/@contextnavigation                          -         200      401,404,500                  contextnavigation   -                       done
34   GET      /{path}/@navroot                                    -         200      401,404                      navroot             -                       done
35   GET      /{path}/@inherit                                    -         200      401,404,500                  inherit             -                       done
36   GET      /{path}/@types                                      -         200      401,404                      types               -                       done
36   GET      /{path}/@types/{type}                               -         200      401,403,404                  types               -                       done
36   GET      /{path}/@types/{type}/{field}                       -         200      401,404,503                  types               -                       done
36   GET      /{path}/@types/{type}/{fieldset}                    -         200      401,404,503                  types               -                       done
37   POST     /@types/{type}                                      -         201      400,401,404,500,503          types               -                       done
38   PATCH    /@types/{type}                                      -         204      400,401,404,503              types               -                       done
38   PATCH    /@types/{type}/{field}                              -         204      400,401,404,503              types               -                       done
38   PATCH    /@types/{type}/{fieldset}                           -         204      400,401,404,503              types               -                       done
39   PUT      /@types/{type}                                      -         204      400,401,404,503              types               -                       done
40   DELETE   /@types/{type}/{field}                              -         204      400,401,404,503              types               -                       done
40   DELETE   /@types/{type}/{fieldset}                           -         204      400,401,404,503              types               -                       done
41   GET      /{path}/@vocabularies                               -         200      401,404                      vocabularies        -                       done
41   GET      /{path}/@vocabularies/{name}                        -         200      400,401,403,404              vocabularies        -                       done
42   GET      /{path}/@sources/{field}                            -         200      400,401,404,500              vocabularies        -                       done
43   GET      /{path}/@querysources/{field}                       -         200      400,401,404,500              vocabularies        -                       done
44   GET      /@users                                             -         200      400,401,404,500              users               -                       done
44   GET      /@users                                             text/csv  200      400,401,404,500              users               -                       done
44   GET      /@users/{id}                                        -         200      401,404,500                  users               -                       done
45   POST     /@users                                             -         201      400,401,403,404              users               -                       done
45   POST     /@users                                             text/csv  201      400,401,403,404              users               -                       done
45a  POST     /@users/{login}/reset-password                      -         200      400,401,403,404,500          users               -                       done
46   PATCH    /@users/{id}                                        -         204      400,401,403,404,500          users               -                       done
47   DELETE   /@users/{id}                                        -         204      400,401,404,500              users               -                       done
48   GET      /@portrait                                          -         200      401,404                      portrait            -                       done
48   GET      /@portrait/{id}                                     -         200      401,404,500                  portrait            -                       done
49   GET      /@userschema                                        -         200      401,404                      userschema          -                       done
49   GET      /@userschema/registration                           -         200      400,401,404                  userschema          -                       done
50   GET      /@groups                                            -         200      400,401,404                  groups              -                       done
50   GET      /@groups/{id}                                       -         200      400,401,404,500              groups              -                       done
51   POST     /@groups                                            -         201      400,401,404                  groups              -                       done
52   PATCH    /@groups/{id}                                       -         204      400,401,404,500              groups              -                       done
53   DELETE   /@groups/{id}                                       -         204      400,401,404,500              groups              -                       done
54   GET      /@roles                                             -         200      401,404                      roles               -                       done
55   GET      /@principals                                        -         200      400,401,404                  principals          -                       done
56   GET      /@login                                             -         200      401,404                      login               -                       done
57   POST     /@login                                             -         200      400,401,404,501              login               -                       done
58   POST     /@login-renew                                       -         200      401,404,501                  login               -                       done
59   POST     /@logout                                            -         204      400,401,404,501              login               -                       done
60   GET      /{path}/@comments                                   -         200      401,404                      comments            plone.app.discussion    done
60   GET      /{path}/@comments/{id}                              -         200      400,401,404,503              comments            plone.app.discussion    done
61   POST     /{path}/@comments                                   -         204      400,401,404                  comments            plone.app.discussion    done
61   POST     /{path}/@comments/{id}                              -         204      400,401,404                  comments            plone.app.discussion    done
62   PATCH    /{path}/@comments/{id}                              -         204      400,401,404                  comments            plone.app.discussion    done
63   DELETE   /{path}/@comments/{id}                              -         204      400,401,404                  comments            plone.app.discussion    done
64   GET      /{path}/@aliases                                    -         200      400,401,404                  aliases             -                       done
64   GET      /@aliases                                           text/csv  200      400,401,404,500              aliases             -                       done
65   POST     /{path}/@aliases                                    -         200,204  401,404,500                  aliases             -                       done
65   POST     /@aliases                                           -         204      400,401,404,500              aliases             -                       done
65   POST     /@aliases                                           text/csv  204      400,401,404,500              aliases             -                       done
66   DELETE   /{path}/@aliases                                    -         200,204  401,404                      aliases             -                       done
67   GET      /@relations                                         -         200,204  401,404,500,501              relations           -                       done
68   POST     /@relations                                         -         204      401,404,422,503              relations           -                       done
68   POST     /@relations/rebuild                                 -         204      401,403,404,500,501          relations           -                       done
69   DELETE   /@relations                                         -         204      401,404,422,503              relations           -                       done
70   GET      /@linkintegrity                                     -         200      400,401,404,500              linkintegrity       -                       done
71   GET      /{path}/@content-rules                              -         200      401,404                      content-rules       plone.app.contentrules  done
72   POST     /{path}/@content-rules/{rule}                       -         200      400,401,404,503              content-rules       plone.app.contentrules  done
73   PATCH    /{path}/@content-rules                              -         200      401,404,500,503              content-rules       plone.app.contentrules  done
74   DELETE   /{path}/@content-rules                              -         204      400,401,404,503              content-rules       plone.app.contentrules  done
75   GET      /@controlpanels                                     -         200      401,404                      controlpanels       -                       done
75   GET      /@controlpanels/{panel}                             -         200      401,404,500                  controlpanels       -                       done
75a  GET      /@controlpanels/dexterity-types                     -         200      401,404,500                  controlpanels       -                       done
75a  GET      /@controlpanels/dexterity-types/{type}              -         200      401,404,503                  controlpanels       -                       done
75b  GET      /@controlpanels/content-rules                       -         200      401,404                      controlpanels       plone.app.contentrules  done
75b  GET      /@controlpanels/content-rules/{rule}                -         200      401,404,503                  controlpanels       plone.app.contentrules  done
75b  GET      /@controlpanels/content-rules/{rule}/condition/{n}  -         200      401,404,500,503              controlpanels       plone.app.contentrules  done
75b  GET      /@controlpanels/content-rules/{rule}/action/{n}     -         200      401,404,500,503              controlpanels       plone.app.contentrules  done
76   POST     /@controlpanels/{panel}                             -         201      400,401,404,500              controlpanels       -                       done
76a  POST     /@controlpanels/dexterity-types                     -         201      400,401,404                  controlpanels       -                       done
76b  POST     /@controlpanels/content-rules                       -         201      400,401,404,500,503          controlpanels       plone.app.contentrules  done
76b  POST     /@controlpanels/content-rules/{rule}/condition      -         201      400,401,404,503              controlpanels       plone.app.contentrules  done
76b  POST     /@controlpanels/content-rules/{rule}/action         -         201      400,401,404,503              controlpanels       plone.app.contentrules  done
77   PATCH    /@controlpanels/{panel}                             -         204      400,401,404,500              controlpanels       -                       done
77a  PATCH    /@controlpanels/dexterity-types/{type}              -         204      401,404,503                  controlpanels       -                       done
77b  PATCH    /@controlpanels/content-rules/{rule}                -         204      400,401,404,503              controlpanels       plone.app.contentrules  done
77b  PATCH    /@controlpanels/content-rules/{rule}/condition/{n}  -         204      400,401,404,500,503          controlpanels       plone.app.contentrules  done
77b  PATCH    /@controlpanels/content-rules/{rule}/action/{n}     -         204      400,401,404,500,503          controlpanels       plone.app.contentrules  done
78   DELETE   /@controlpanels/{panel}/{child}                     -         204      400,401,404,500              controlpanels       -                       done
78a  DELETE   /@controlpanels/dexterity-types/{type}              -         204      400,401,404                  controlpanels       -                       done
78b  DELETE   /@controlpanels/content-rules/{rule}                -         204      400,401,404,503              controlpanels       plone.app.contentrules  done
78b  DELETE   /@controlpanels/content-rules/{rule}/condition/{n}  -         204      400,401,404,500,503          controlpanels       plone.app.contentrules  done
78b  DELETE   /@controlpanels/content-rules/{rule}/action/{n}     -         204      400,401,404,500,503          controlpanels       plone.app.contentrules  done
79   GET      /@registry                                          -         200      401,404                      registry            -                       done
79   GET      /@registry/{record}                                 -         200      401,404,500,503              registry            -                       done
80   PATCH    /@registry                                          -         204      401,404,500                  registry            -                       done
81   GET      /@system                                            -         200      401,404                      system              -                       done
82   GET      /@database                                          -         200      401,404                      database            -                       done
83   GET      /@transactions                                      -         200      401,404                      transactions        -                       done
84   PATCH    /@transactions                                      -         200      400,401,404,500,503          transactions        -                       done
85   GET      /@upgrade                                           -         200      401,404                      upgrade             -                       done
86   POST     /@upgrade                                           -         200      401,404                      upgrade             -                       done
87   GET      /@site                                              -         200      401,404                      site                -                       done
88   GET      /{path}/@addons                                     -         200      401,404                      addons              -                       done
88   GET      /{path}/@addons/{id}                                -         200      401,404                      addons              -                       done
89   POST     /@addons/{id}/install                               -         200,204  401,404,500                  addons              -                       done
89   POST     /@addons/{id}/uninstall                             -         200,204  401,404,500                  addons              -                       done
89   POST     /@addons/{id}/upgrade                               -         200,204  401,404,500                  addons              -                       done
89   POST     /@addons/{id}/import/{profile}                      -         200,204  401,404,500                  addons              -                       done
90   GET      /{path}/@translations                               -         200      401,404,500                  translations        plone.app.multilingual  done
91   POST     /{path}/@translations                               -         201      400,401,404                  translations        plone.app.multilingual  done
92   DELETE   /{path}/@translations                               -         204      400,401,404                  translations        plone.app.multilingual  done
93   GET      /{path}/@translation-locator                        -         200      401,404,503                  translations        plone.app.multilingual  done
94   POST     /@email-notification                                -         204      400,401,404,500              email-notification  -                       done
95   POST     /@email-send                                        -         204      400,401,403,404,500          email-send          -                       done
A1   GET      /{path}/@blocktypes                                 -         200      401,404                      blocktypes          plone.volto             done
A1   GET      /{path}/@blocktypes/{type}                          -         200      401,404                      blocktypes          plone.volto             done
A2   POST     /@export                                            -         200      401,404                      exportimport        plone.exportimport      done
A3   POST     /@import                                            -         200      400,401,404                  exportimport        plone.exportimport      done
A4   GET      {zope}/@sites                                       -         200      404                          sites               plone.distribution      done
A4   GET      {zope}/@sites/{distribution}                        -         200      404,500                      sites               plone.distribution      done
A5   POST     {zope}/@sites                                       -         200      400,401,404                  sites               plone.distribution      done
A5   POST     {zope}/@sites/{distribution}                        -         200      400,401,404                  sites               plone.distribution      done
A6   POST     {zope}/@login                                       -         200      401,404                      sites               plone.distribution      done
A7   GET      /@system                                            -         200      401,404                      system              plone.distribution      done
`

// request identifies an operation: rows and directives meet in it.
type request struct {
	Method string // in capitals
	Path   string // template, like "/{path}/@workflow/{transition}"
	Media  string // "text/csv" for a CSV variant, empty for the usual one
}

// String returns the request as a directive writes it, without a status.
func (r request) String() string { return strings.TrimSpace(r.Method + " " + r.Path + " " + r.Media) }

// operation is one line of operationTable.
type operation struct {
	Row string
	request
	Success []int
	Errors  []int
	Chapter string
	Package string // empty when plone.restapi alone is enough
	Open    bool
}

// service is the name of the service that answers, like "@users"; the one that
// answers for the object itself has an empty name.
func (o operation) service() string {
	for segment := range strings.SplitSeq(o.Path, "/") {
		if strings.HasPrefix(segment, "@") {
			return segment
		}
	}
	return ""
}

// parseOperations reads a table in the form of operationTable.
func parseOperations(table string) ([]operation, error) {
	var ops []operation
	lines := strings.Split(strings.TrimSpace(table), "\n")
	for _, line := range lines[1:] {
		op, err := parseOperation(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("operation %q: %w", line, err)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

func parseOperation(f []string) (operation, error) {
	if len(f) != 9 {
		return operation{}, fmt.Errorf("%d columns, want 9", len(f))
	}
	for i := range f {
		if f[i] == "-" {
			f[i] = ""
		}
	}
	success, err := parseStatuses(f[4])
	if err != nil {
		return operation{}, err
	}
	failures, err := parseStatuses(f[5])
	if err != nil {
		return operation{}, err
	}
	if !slices.Contains([]string{"open", "done"}, f[8]) {
		return operation{}, fmt.Errorf("state %q, want open or done", f[8])
	}
	return operation{
		Row:     f[0],
		request: request{Method: f[1], Path: f[2], Media: f[3]},
		Success: success,
		Errors:  failures,
		Chapter: f[6],
		Package: f[7],
		Open:    f[8] == "open",
	}, nil
}

func parseStatuses(list string) ([]int, error) {
	var statuses []int
	for s := range strings.SplitSeq(list, ",") {
		status, err := strconv.Atoi(s)
		if err != nil {
			return nil, fmt.Errorf("status: %w", err)
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}
