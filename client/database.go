package client

import (
	"context"
	"net/http"
)

// DatabaseService reads the size of the database. It is safe for concurrent use.
type DatabaseService struct{ client *Client }

var getDatabase = declare(operation{
	name: "Database.Get", method: http.MethodGet, path: "/@database", want: http.StatusOK,
})

// Database is the object database with its cache.
type Database struct {
	URL         string            `json:"@id"`
	Name        string            `json:"db_name"`            // a path on the server
	Size        int64             `json:"db_size"`            // bytes
	Objects     int64             `json:"database_size"`      // in the database
	CacheSize   int64             `json:"cache_size"`         // objects that one connection is to keep
	CacheLength int64             `json:"cache_length"`       // objects that all of them keep
	CacheBytes  int64             `json:"cache_length_bytes"` // limit for one connection; 0 for none
	Connections []CacheConnection `json:"cache_detail_length"`
}

// CacheConnection is the cache of one connection to the database.
type CacheConnection struct {
	Connection string `json:"connection"` // name in the server, for people
	Size       int64  `json:"size"`       // objects
	Active     int64  `json:"ngsize"`     // objects with their state
}

func (d *Database) check() error { return requireURL(d.URL) }

// Get returns the size of the database and of its cache.
//
// Errors: [errors.ErrUnauthorized] when the user may not see the site setup.
//
// Source: plone.restapi documentation, "Database".
func (s *DatabaseService) Get(ctx context.Context, opts ...CallOption) (*OK[Database], error) {
	return ok[Database](ctx, s.client, getDatabase.at(""), opts)
}
