// Package sites has the tests that need a site of a certain kind, or a certain way to
// it: a Classic one, one in German, nginx in front, two processes. scripts/matrix
// makes each of them and runs these tests, and those of the other packages that hold
// on it.
package sites
