// Package bench measures what the SDK costs over bare net/http and
// encoding/json, and compares it with go-retryablehttp and resty v2.
package bench

import (
	"fmt"
	"math"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// goal is a figure that the SDK must keep below a limit.
type goal struct {
	name      string
	must, aim float64 // the limit, and the wish; none for a mere comparison
	form      string  // of the figures, for fmt
	// A time depends on the machine and what else it does, so it is printed and
	// never makes the test fail.
	timed   bool
	measure func(testing.TB) reading
}

const (
	extra = "%+.0f"
	ratio = "%.2f"
	count = "%.0f"
)

// none is the limit of a comparison.
var none = math.NaN()

var goals = []goal{
	{"allocations over the floor: GET", 12, 8, extra, false, allocations(get)},
	{"allocations over the floor: create", 14, 10, extra, false, allocations(create)},
	{"allocations over the floor: 404", 12, 8, extra, false, allocations(missing)},
	{"allocations over the floor: 204", 10, 6, extra, false, allocations(remove)},

	{"allocations for the look before a create", 90, none, extra, false, looks(create)},
	{"allocations for the look before an update", 90, none, extra, false, looks(update)},
	{"time ÷ trusted paths: create", none, none, ratio, true, lookTime(create)},
	{"time ÷ trusted paths: update", none, none, ratio, true, lookTime(update)},
	{"time ÷ trusted paths: create, real Plone", none, none, ratio, true, lookTimeLive(http.MethodPost)},
	{"time ÷ trusted paths: update, real Plone", none, none, ratio, true, lookTimeLive(http.MethodPatch)},

	{"bytes ÷ floor: GET", 1.0, 0.60, ratio, false, memory(get)},
	{"bytes ÷ floor: 25 items", 1.0, 0.55, ratio, false, memory(items25)},
	{"bytes ÷ floor: 1000 items", 1.0, 0.45, ratio, false, memory(items1000)},
	{"bytes ÷ floor: create", 1.0, 0.70, ratio, false, memory(create)},

	{"time ÷ floor: GET", 1.10, 1.03, ratio, true, duration(get)},
	{"time ÷ floor: 25 items", 1.06, 1.00, ratio, true, duration(items25)},
	{"time ÷ floor: 1000 items", 1.03, 0.95, ratio, true, duration(items1000)},
	{"time ÷ floor: create", 1.10, 1.03, ratio, true, duration(create)},
	{"time ÷ floor: 404", 1.40, 1.20, ratio, true, duration(missing)},
	{"time ÷ floor: 204", 1.8, 1.5, ratio, true, duration(remove)},

	{"1 GiB download: MiB over a GET", 4, 1, ratio, false, downloadMemory},
	{"256 MiB by TUS: MiB over one chunk", 4, 1, ratio, false, uploadMemory},
	{"memory: TUS ÷ the same file in JSON", 0.02, 0.005, "%.4f", false, uploadOverInline},
	{"time ÷ bare loop: TUS", 1.25, 1.05, ratio, true, uploadTime},

	{"memory: stream of a 61 MB listing ÷ ReadAll", 0.1, 1.0 / 13, "%.3f", false, streamMemory},
	{"400 pages of a list: MiB over 10 pages", 4, 4, ratio, false, pagesMemory},
	{"walk of 1000 objects, all kept: MiB", 20, 20, ratio, false, walkMemory},
	{"time ÷ slower side: list a page ahead", 1.35, 1.20, ratio, true, aheadTime},

	{"time ÷ a GET each: walk on a real Plone", 1 / 1.8, 1 / 2.5, ratio, true, walkTime},

	{"time ÷ a GET each: export of a real Plone", 1 / 1.8, 1 / 2.5, ratio, true, moved(&onPlone.overGets)},
	{"time ÷ its requests bare: export", 1.05, 1.00, ratio, true, moved(&onPlone.overLoop)},
	{"time ÷ a POST each: import to a real Plone", 1 / 0.95, 1.00, ratio, true, moved(&onPlone.overPosts)},
	{"objects lost or doubled: import", 0, 0, count, false, moved(&onPlone.astray)},

	{"requests: export of 25 documents and a file", 25, 20, count, false, inMemory(25, 1, exports)},
	{"requests: export of 1000 documents more", 40, 40, count, false, more(1000, 0, exports)},
	{"requests: export of 100 files more", 104, 104, count, false, more(0, 100, exports)},
	{"requests: import of 25 documents and a file", 50, 45, count, false, inMemory(25, 1, imports)},
	{"requests: import of 1000 documents more", 1000, 1000, count, false, more(1000, 0, imports)},
	{"requests: import of 100 files more", 100, 100, count, false, more(0, 100, imports)},
	{"objects lost or doubled: import of 1025", 0, 0, count, false, inMemory(1025, 1, strays)},

	{"ms, least of 21: plone --version", 10, 5, "%.1f", true, startLeast},
	{"ms, median of 21: plone --version", 10, 5, "%.1f", true, startMedian},
	{"time ÷ an empty Go program: plone --version", none, none, ratio, true, startOverEmpty},
	{"time ÷ plone-restapi-shell: get", 0.1, 0.05, ratio, true, getOverShellCanned},
	{"time ÷ plone-restapi-shell: get, real Plone", 0.1, 0.05, ratio, true, getOverShellLive},

	{"time ÷ @plone/client: GET", none, none, ratio, true, node.against(get)},
	{"time ÷ @plone/client: 25 items", none, none, ratio, true, node.against(items25)},
	{"time ÷ @plone/client: 1000 items", none, none, ratio, true, node.against(items1000)},
	{"time ÷ requests: GET", none, none, ratio, true, python.against(get)},
	{"time ÷ requests: 25 items", none, none, ratio, true, python.against(items25)},
	{"time ÷ requests: 1000 items", none, none, ratio, true, python.against(items1000)},

	{"dials: 10 good and 10 failing calls in turn", 1, 1, count, false, dialsInTurn},
	{"dials: 50 bursts of 16 calls", 16, 16, count, false, dialsInBursts},
}

// TestRatios prints a line for each goal. With -short it leaves the times out.
func TestRatios(t *testing.T) {
	const line = "%-44s %6s %6s %6s  %-17s %14s %6s %6s\n"
	fmt.Fprintf(t.Output(), line, "goal", "value", "limit", "aim", "result", "retryablehttp", "resty", "A/A")
	for _, g := range goals {
		if g.timed && testing.Short() {
			continue
		}
		r := g.measure(t)
		write := func(form string, v float64) string {
			if math.IsNaN(v) {
				return "-"
			}
			return fmt.Sprintf(form, v)
		}
		result := g.judge(r)
		fmt.Fprintf(t.Output(), line, g.name, write(g.form, r.value), write(g.form, g.must), write(g.form, g.aim), result,
			write(g.form, r.retryable), write(g.form, r.resty), write(ratio, r.control))
		assert.NotEqual(t, failed, result, g.name)
	}
}

// What becomes of a goal.
const (
	failed   = "FAIL"
	slow     = "over the limit" // of a time, which fails nothing
	passed   = "pass"
	reached  = "pass, aim reached"
	compared = "compared" // with no limit
	void     = "void"     // the machine was too busy to tell
)

func (g goal) judge(r reading) string {
	switch {
	case r.skipped != "":
		return r.skipped
	case r.control < 0.95 || r.control > 1.05:
		return void
	case math.IsNaN(g.must):
		return compared
	case r.value > g.must && g.timed:
		return slow
	case r.value > g.must:
		return failed
	case r.value > g.aim:
		return passed
	}
	return reached
}

// TestJudge_limits holds the rules of the table itself.
func TestJudge_limits(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "skipped: no site", goal{must: 1.1, aim: 1}.judge(skipped("no site")))
	assert.Equal(t, compared, goal{must: none, aim: none, timed: true}.judge(only(2)))
	for _, c := range []struct {
		timed          bool
		value, control float64
		want           string
	}{
		{false, 1.0, math.NaN(), reached},
		{false, 1.1, math.NaN(), passed},
		{false, 1.11, math.NaN(), failed},
		{true, 1.1, 0.95, passed},
		{true, 1.11, 1.05, slow},
		{true, 1.0, 1.06, void},
		{true, 1.0, 0.94, void},
	} {
		g := goal{must: 1.1, aim: 1, timed: c.timed}
		assert.Equal(t, c.want, g.judge(reading{value: c.value, control: c.control}), "%+v", c)
	}
}

// TestInTurn_medians holds what becomes of times that were measured in turn.
func TestInTurn_medians(t *testing.T) {
	t.Parallel()
	var figures inTurn
	figures.add(10, 5, 10)
	figures.add(10, 9, 20)
	assert.Equal(t, void, goal{must: 1, aim: 1, timed: true}.judge(figures.reading(3)), "a round is missing")
	figures.add(10, 11, 10)
	r := figures.reading(3)
	assert.InDelta(t, 0.6, r.value, 1e-9)
	assert.InDelta(t, 1, r.control, 1e-9)
	assert.Equal(t, reached, goal{must: 1, aim: 1, timed: true}.judge(r))
}

// BenchmarkCall is for profiles: go test -bench 'Call/GET/sdk' -memprofile mem.out.
func BenchmarkCall(b *testing.B) {
	names := [numWays]string{"floor", "sdk", "retryablehttp", "resty"}
	for _, c := range calls {
		b.Run(c.name, func(b *testing.B) {
			for w, run := range c.with(b, newSite(b)) {
				b.Run(names[w], func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if err := run(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
