package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// notTried are the tests that the driver leaves out: pages that are printed from
// the code would notice each number, and the others draw lives for seconds.
var notTried = regexp.MustCompile(`Knowledge|Edition|Diff|Release|TheCodeReadsAsThePage|Burden|Simulated|Generators|Planned|EveryPublished|WithoutAnyRow|ComesToAnEnd|RedFlags|DrawEveryWord`)

// driverFiles writes the tests of the package so that one test can run them all,
// with one mutant after another in force: none of them in parallel, and those
// of both packages in a list.
func driverFiles(dir string, write func(path string, text []byte) error) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	inside, outside := "", ""
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" || notTried.MatchString(f.Name.Name) {
				continue
			}
			row := fmt.Sprintf("\t{%q, %s},\n", f.Name.Name, f.Name.Name)
			if file.Name.Name == "care" {
				inside += row
			} else {
				outside += row
			}
		}
		if err := write(path, []byte(strings.ReplaceAll(string(text), "t.Parallel()", ""))); err != nil {
			return err
		}
	}
	if err := write(filepath.Join(dir, "mutants_inside_test.go"), fmt.Appendf(nil, insideText, inside)); err != nil {
		return err
	}
	return write(filepath.Join(dir, "mutants_outside_test.go"), fmt.Appendf(nil, outsideText, outside))
}

const insideText = `package care

import (
	"cmp"
	"slices"
	"testing"
)

// MutantTest is one test.
type MutantTest struct {
	Name string
	F    func(t *testing.T)
}

var MutantTests = []MutantTest{
%s}

// PutInForce makes the tables again, as they are made when the program starts.
func PutInForce(mutant int) {
	mutantInForce = mutant
	slices.SortFunc(mutantTables, func(a, b mutantTable) int { return cmp.Compare(a.order, b.order) })
	for _, t := range mutantTables {
		t.make()
	}
}
`

// outsideText is the driver. It appends a line for each mutant: the test that
// noticed it, or nothing. A mutant that does not end, or takes the process
// down, is the one after the last line; it is the work that is counted, as the
// machine may be busy.
const outsideText = `package care_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aftercare/models/care"
)

var mutantTests = []care.MutantTest{
%s}

// pageOfLife is what the page says of a life, read once.
type pageOfLife struct {
	life
	pages []answer
}

func livesForMutants(n int) []pageOfLife {
	var all []pageOfLife
	for i := range n {
		l := pageOfLife{life: dice{rand.New(rand.NewPCG(7, uint64(i)))}.life()}
		for _, now := range l.nows {
			page := ofPage(read(l.h, l.p, now))
			if l.standing {
				page.addStanding(l.life, now)
			}
			l.pages = append(l.pages, page)
		}
		all = append(all, l)
	}
	return all
}

func (l *pageOfLife) differs() bool {
	for i, now := range l.nows {
		code := ofCode(care.Assess(l.h, l.p, now))
		if !l.standing {
			code.dropStanding()
		}
		if !maps.Equal(code, l.pages[i]) {
			return true
		}
	}
	return false
}

func TestEachMutant(t *testing.T) {
	todo := strings.Fields(os.Getenv("MUTANTS"))
	out, err := os.OpenFile(os.Getenv("MUTANTS_OUT"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil || len(todo) == 0 {
		t.Skip("run by the command alone")
	}
	lives := livesForMutants(500)
	tests := append(append([]care.MutantTest{}, care.MutantTests...), mutantTests...)
	var began atomic.Int64
	go func() {
		for range time.Tick(300 * time.Millisecond) {
			if worked()-began.Load() > 4 {
				os.Exit(3)
			}
		}
	}()
	for _, id := range todo {
		began.Store(worked())
		n, _ := strconv.Atoi(id)
		by := noticed(t, n, lives, tests)
		care.PutInForce(-1)
		fmt.Fprintf(out, "%%s\t%%s\n", id, by)
	}
}

// worked is the processor time in seconds.
func worked() int64 {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return use.Utime.Sec + use.Stime.Sec
}

func noticed(t *testing.T, mutant int, lives []pageOfLife, tests []care.MutantTest) (by string) {
	defer func() {
		if recover() != nil {
			by = "a panic"
		}
	}()
	care.PutInForce(mutant)
	page := func(lives []pageOfLife) bool {
		for i := range lives {
			if lives[i].differs() {
				return true
			}
		}
		return false
	}
	if page(lives[:100]) {
		return "the page"
	}
	for _, test := range tests {
		if !t.Run(test.Name, func(t *testing.T) {
			defer func() {
				if v := recover(); v != nil {
					t.Error(v)
				}
			}()
			test.F(t)
		}) {
			return test.Name
		}
	}
	if page(lives[100:]) {
		return "the page"
	}
	return ""
}
`
