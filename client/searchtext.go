package client

import (
	"slices"
	"strings"
	"unicode"
)

// searchText is text as an index of words understands it: as it is when it is a query
// to the index, with its AND, OR, NOT and "phrases"; otherwise all its words, taken
// literally. The server fails over what is neither.
func searchText(text string) (string, error) {
	terms := searchTerms(text)
	if !slices.ContainsFunc(terms, hasWord) {
		return "", invalid("the text %q has no words to search for", text)
	}
	if isTextQuery(terms) {
		if strings.ContainsAny(text, "()") {
			return strings.Join(terms, " "), nil
		}
		return text, nil
	}
	for i, term := range terms {
		if term = strings.TrimLeft(term, "-"); operator(term) != "" {
			term = `"` + term + `"`
		}
		terms[i] = term
	}
	return strings.Join(slices.DeleteFunc(terms, func(term string) bool { return !hasWord(term) }), " "), nil
}

// searchTerms cuts a text into words and "phrases", as the index does. Parentheses
// and a quotation mark without another one mean nothing to it.
func searchTerms(text string) []string {
	var terms []string
	rest := strings.NewReplacer("(", " ", ")", " ").Replace(text)
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
		if end < 0 {
			end = len(rest)
		}
		if sign := rest[:end]; strings.HasPrefix(rest[end:], `"`) && (sign == "" || sign == "-") {
			length := strings.IndexByte(rest[end+1:], '"')
			if length < 0 {
				rest = sign + " " + rest[end+1:]
				continue
			}
			end += length + 2
		}
		terms, rest = append(terms, rest[:end]), rest[end:]
	}
	return terms
}

// isTextQuery reports whether the index accepts the terms: terms of one or more words
// between the operators, NOT behind an AND only, and nowhere only what is left out.
func isTextQuery(terms []string) bool {
	found := false
	for _, either := range split(terms, "OR") {
		for i, all := range split(either, "AND") {
			not := i > 0 && len(all) > 0 && operator(all[0]) == "NOT"
			if not {
				all = all[1:]
			}
			words := slices.DeleteFunc(slices.Clone(all), func(term string) bool { return !hasWord(term) })
			positive := slices.ContainsFunc(words, func(term string) bool { return term[0] != '-' })
			switch {
			case len(all) == 0, slices.ContainsFunc(all, func(term string) bool { return operator(term) != "" }):
				return false
			case len(words) > 0 && !positive:
				return false
			}
			found = found || positive && !not
		}
	}
	return found
}

// operator is the operator that a term is; empty for a word.
func operator(term string) string {
	if word := strings.ToUpper(term); word == "AND" || word == "OR" || word == "NOT" {
		return word
	}
	return ""
}

// hasWord reports whether there is anything in a term that the index knows.
func hasWord(term string) bool {
	return strings.ContainsFunc(term, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' })
}

// split cuts terms at an operator.
func split(terms []string, at string) [][]string {
	parts := [][]string{nil}
	for _, term := range terms {
		if operator(term) == at {
			parts = append(parts, nil)
			continue
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], term)
	}
	return parts
}
