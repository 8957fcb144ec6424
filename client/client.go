// Package client speaks to a Plone site over plone.restapi: one service per
// chapter of its documentation, one method per operation. A call ends in a
// typed result or in a typed error of package errors, and is repeated when that
// is right and harmless.
package client

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"plone.example/restapi/auth"
	"plone.example/restapi/retry"
)

// Client is a Plone site with the settings to talk to it. It is safe for
// concurrent use and never changes; derive another one with Clone. It needs no
// closing. Make one and keep it: each that New returns has connections of its own,
// which stay open for a while, and the server of a Plone takes 100 at a time.
type Client struct {
	Content *ContentService[Content] // content objects of any type
	Search  *SearchService           // the catalog
	Auth    *AuthService             // tokens of the site

	Sharing       *SharingService       // local roles
	Workflow      *WorkflowService      // states and transitions
	History       *HistoryService       // versions
	Locking       *LockingService       // locks
	WorkingCopies *WorkingCopyService   // check-out and check-in
	Files         *FileService          // bytes up and down
	Components    *ComponentService     // breadcrumbs, navigation, actions and the like
	Types         *TypeService          // content types and their fields
	Vocabularies  *VocabularyService    // vocabularies and sources
	Users         *UserService          // users
	Groups        *GroupService         // groups
	Roles         *RoleService          // roles
	Principals    *PrincipalService     // users and groups together
	Comments      *CommentService       // comments
	Aliases       *AliasService         // old addresses
	Relations     *RelationService      // relations between objects
	LinkIntegrity *LinkIntegrityService // links that a removal would break
	ContentRules  *ContentRuleService   // where content rules apply
	ControlPanels *ControlPanelService  // settings by panel
	TypePanels    *TypePanelService     // settings of content types
	Rules         *RuleService          // content rules of the site
	Registry      *RegistryService      // settings by record
	Addons        *AddonService         // add-ons
	System        *SystemService        // versions of the software
	Database      *DatabaseService      // size of the database
	Transactions  *TransactionService   // what was written, and undo
	Upgrade       *UpgradeService       // upgrades of the site
	Site          *SiteService          // what the site tells everybody
	Translations  *TranslationService   // objects in several languages
	Email         *EmailService         // mail
	BlockTypes    *BlockTypeService     // where blocks are used
	Exports       *ExportService        // the site as a whole
	Sites         *SitesService         // sites of the server

	config
	credentials *auth.Transport
	transport   *retry.Transport // base → auth → retry
	fields      fields
	buffers     *sync.Pool // of *bytes.Buffer
	schemas     schemas
	identity    identity
	places      places
	counts      atomic.Bool // the server has told a total that is not that of a page
	address     string      // of the site, without the door
}

// config is what the options set.
type config struct {
	site        *url.URL // without a slash at the end
	public      *url.URL // the address that the site's @ids name; nil when it is the site's own
	base        http.RoundTripper
	source      auth.Source
	policy      retry.Policy
	timeout     time.Duration
	userAgent   string
	header      http.Header // WithHeader
	cookies     []string    // WithCookies
	logger      *slog.Logger
	maxResponse int64       // bytes
	strict      *strictness // WithStrict; nil without
	knownUser   bool        // WithKnownUser
	trusted     bool        // WithTrustedPaths
}

// Limits and names that hold until an option says otherwise.
const (
	defaultUserAgent   = "plone-restapi-go"
	defaultMaxResponse = 64 << 20
	// Enough that a burst of 16 calls finds 16 warm connections the next time;
	// net/http keeps 2.
	idleConnsPerHost = 16
)

// New returns a client of the site at siteURL, like "https://plone.example/site".
// It sends nothing. The URL may end in "/++api++", the door of a Volto front
// end; it must not have user info, a query or a fragment.
//
// Errors: [errors.ErrInvalidInput] for the URL or an option.
func New(siteURL string, opts ...Option) (*Client, error) {
	site, err := parseSite(siteURL)
	if err != nil {
		return nil, err
	}
	return build(config{
		site:        site,
		userAgent:   defaultUserAgent,
		maxResponse: defaultMaxResponse,
	}, opts)
}

// Clone returns a client of the same site with opts applied on top of c's
// settings. It shares c's connections and, with [auth.Login], its token; its
// retry budget is its own.
//
// Errors: [errors.ErrInvalidInput] for an option.
func (c *Client) Clone(opts ...Option) (*Client, error) { return build(c.config, opts) }

func build(cfg config, opts []Option) (*Client, error) {
	for _, opt := range opts {
		if opt == nil {
			return nil, invalid("a nil Option")
		}
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	if cfg.base == nil {
		cfg.base = newBaseTransport()
	}
	c := &Client{
		config:   cfg,
		fields:   newFields(cfg.userAgent),
		buffers:  &sync.Pool{New: func() any { return new(bytes.Buffer) }},
		schemas:  schemas{types: map[string]*TypeSchema{}},
		identity: identity{asking: make(chan struct{}, 1)},
		address:  strings.TrimSuffix(cfg.site.String(), "/"+apiDoor),
	}
	base := cfg.base
	if cfg.header != nil {
		base = &withHeader{base, cfg.header}
	}
	if len(cfg.cookies) > 0 {
		base = newWithCookies(base, cfg.site, cfg.cookies)
	}
	c.credentials = auth.NewTransport(base, cfg.site, cfg.source)
	c.transport = retry.NewTransport(c.credentials, cfg.loggedPolicy())
	c.Content = ContentAs[Content](c)
	c.Search = &SearchService{c}
	c.Auth = &AuthService{c}
	c.Sharing = &SharingService{c}
	c.Workflow = &WorkflowService{c}
	c.History = &HistoryService{c}
	c.Locking = &LockingService{c}
	c.WorkingCopies = &WorkingCopyService{c}
	c.Files = &FileService{client: c}
	c.Components = &ComponentService{c}
	c.Types = &TypeService{c}
	c.Vocabularies = &VocabularyService{c}
	c.Users = &UserService{c}
	c.Groups = &GroupService{c}
	c.Roles = &RoleService{c}
	c.Principals = &PrincipalService{c}
	c.Comments = &CommentService{c}
	c.Aliases = &AliasService{c}
	c.Relations = &RelationService{c}
	c.LinkIntegrity = &LinkIntegrityService{c}
	c.ContentRules = &ContentRuleService{c}
	c.ControlPanels = &ControlPanelService{c}
	c.TypePanels = &TypePanelService{c}
	c.Rules = &RuleService{c}
	c.TypePanels = &TypePanelService{c}
	c.Rules = &RuleService{c}
	c.Registry = &RegistryService{c}
	c.Addons = &AddonService{c}
	c.System = &SystemService{c}
	c.Database = &DatabaseService{c}
	c.Transactions = &TransactionService{c}
	c.Upgrade = &UpgradeService{c}
	c.Site = &SiteService{c}
	c.Translations = &TranslationService{c}
	c.Email = &EmailService{c}
	c.BlockTypes = &BlockTypeService{c}
	c.Exports = &ExportService{c}
	c.Sites = &SitesService{c}
	return c, nil
}

// newBaseTransport is net/http's own transport, with more warm connections and
// without proxies from the environment.
func newBaseTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.MaxIdleConnsPerHost = idleConnsPerHost
	return t
}

// SiteURL returns the address of the site, without a slash at the end.
func (c *Client) SiteURL() string { return c.site.String() }

// String names the site only; a Client holds credentials.
func (c *Client) String() string { return "client of " + c.site.String() }

// GoString is String, so that %#v prints no credentials.
func (c *Client) GoString() string { return c.String() }

func parseSite(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil {
		// The parser's error repeats the URL, which may hold a password.
		return nil, invalid("the site URL cannot be parsed")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, invalid("the site URL needs the scheme http or https")
	case u.Hostname() == "":
		return nil, invalid("the site URL has no host")
	case u.User != nil:
		return nil, invalid("the site URL has user info; credentials go into WithAuth")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(raw, "#"):
		return nil, invalid("the site URL has a query or a fragment")
	}
	elements := elementsOf(u.Path)
	for _, e := range elements {
		if err := checkElement(e); err != nil {
			return nil, err
		}
	}
	return joinPath(&url.URL{Scheme: u.Scheme, Host: u.Host}, elements), nil
}
