package client

// VocabularyService reads vocabularies and the sources of fields. It is safe for concurrent use.
type VocabularyService struct{ client *Client }
