package errors

// fieldErrors returns the fields that a literal names.
func fieldErrors(literal string) []FieldError { return nil }
