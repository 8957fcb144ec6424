package gotypes

import (
	"strconv"
	"strings"
	"unicode"
)

// initialisms are the words that Go writes in capitals.
var initialisms = map[string]bool{
	"ACL": true, "API": true, "ASCII": true, "CPU": true, "CSS": true, "DNS": true, "EOF": true, "GUID": true,
	"HTML": true, "HTTP": true, "HTTPS": true, "ID": true, "IP": true, "JSON": true, "LHS": true, "QPS": true,
	"RAM": true, "RHS": true, "RPC": true, "SLA": true, "SMTP": true, "SQL": true, "SSH": true, "TCP": true,
	"TLS": true, "TTL": true, "UDP": true, "UI": true, "UID": true, "UUID": true, "URI": true, "URL": true,
	"UTF8": true, "VM": true, "XML": true, "XMPP": true, "XSRF": true, "XSS": true,
}

// goName makes a Go name of the words in text; it is empty when there are none, and
// may begin with what no exported name begins with.
func goName(text string) string {
	var b strings.Builder
	for _, word := range words(text) {
		upper := strings.ToUpper(word)
		if initialisms[upper] {
			b.WriteString(upper)
			continue
		}
		runes := []rune(word)
		b.WriteRune(unicode.ToUpper(runes[0]))
		b.WriteString(string(runes[1:]))
	}
	return b.String()
}

// exported is goName, with prefix before a name that would not be exported.
func exported(prefix, text string) string {
	name := goName(text)
	if first, _ := firstRune(name); unicode.IsUpper(first) {
		return name
	}
	return prefix + name
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// words are the runs of letters and digits in text, divided where lower case
// becomes upper case as well: "getHTMLText" is get, HTML and Text.
func words(text string) []string {
	var all []string
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes, begin := []rune(run), 0
		for i := 1; i < len(runes); i++ {
			rises := !unicode.IsUpper(runes[i-1]) && unicode.IsUpper(runes[i])
			ends := i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i+1])
			if rises || ends {
				all = append(all, string(runes[begin:i]))
				begin = i
			}
		}
		all = append(all, string(runes[begin:]))
	}
	return all
}

// scope holds the names that are taken.
type scope map[string]bool

// take takes name with each of the suffixes, or the first of name_2, name_3 and so
// on for which all of them are free, and returns it without them.
func (s scope) take(name string, suffixes ...string) string {
	free := func(name string) bool {
		for _, suffix := range suffixes {
			if s[name+suffix] {
				return false
			}
		}
		return !s[name]
	}
	found := name
	for i := 2; !free(found); i++ {
		found = name + "_" + strconv.Itoa(i)
	}
	s[found] = true
	for _, suffix := range suffixes {
		s[found+suffix] = true
	}
	return found
}
