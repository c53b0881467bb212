// Command mutate changes the rules in one place at a time and asks whether the
// tests of models/care notice: a comparison, a constant, an entry of a table, a
// condition that joins two others. What no test notices is listed as survived.
//
// The package's tests are compiled once, with all changes in it; the environment
// names the one in force. What stands in the file of results has been tried, so
// that a long run can be done in parts; the order is drawn once and for all, so
// that each part is a sample.
//
//	go run ./models/care/cmd/mutate -results mutants.txt -for 5m
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stages are what a mutant has to survive, the cheapest first. Pages that are
// printed from the code do not count: they would notice each number.
var stages = [][]string{
	{"-test.run=" + page, "-oracle.histories=150"},
	{"-test.short", "-rapid.checks=3", "-test.skip=" + printed + "|" + page + "|" + wide},
	{"-test.run=" + page, "-oracle.histories=3000"},
	{"-test.short", "-rapid.checks=200", "-test.skip=" + printed + "|" + page + "|Burden|Simulated"},
	{"-test.short", "-test.skip=" + printed},
}

// Tests by what they need: the pages that are printed, the reading of the page,
// and those that draw many lives whatever they are told.
const (
	printed = "Knowledge|Edition|Diff|Release"
	page    = "TheCodeReadsAsThePage"
	wide    = "Burden|Simulated|Generators|Planned|EveryPublished|WithoutAnyRow|ComesToAnEnd|RedFlags"
)

type options struct {
	dir, results, binary, only string
	list, again                bool
	stages, batch              int
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.dir, "dir", "models/care", "the package")
	flag.StringVar(&o.results, "results", "", "file of what has been tried; it is appended to")
	flag.StringVar(&o.binary, "binary", "", "the compiled tests, made if there are none")
	flag.StringVar(&o.only, "only", "", "try the mutants whose place begins with one of these, separated by commas")
	flag.IntVar(&o.stages, "stages", len(stages), "how many stages a survivor has to survive")
	flag.IntVar(&o.batch, "batch", 200, "how many are tried in one process")
	flag.BoolVar(&o.list, "list", false, "print the mutants and try none")
	flag.BoolVar(&o.again, "survivors", false, "try the survivors of the file again")
	budget := flag.Duration("for", 10*time.Minute, "stop after so long")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *budget)
	defer cancel()
	if err := o.run(ctx); err != nil {
		log.Fatal(err)
	}
}

func (o *options) run(ctx context.Context) error {
	source, err := readPackage(o.dir)
	if err != nil {
		return err
	}
	tried, err := readResults(o.results)
	if err != nil {
		return err
	}
	all := source.mutants()
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	places := strings.Split(o.only, ",")
	todo := slices.DeleteFunc(all, func(m mutant) bool {
		outcome, known := tried[m.name]
		wanted := slices.ContainsFunc(places, func(place string) bool { return strings.HasPrefix(m.name, place) })
		return !wanted || known != o.again || o.again && outcome != survived
	})
	if o.list {
		for _, m := range todo {
			fmt.Fprintln(os.Stdout, m.name)
		}
		return nil
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if _, err := os.Stat(o.binary); err != nil {
		made, err := source.compile(ctx, dir)
		if err != nil {
			return err
		}
		if o.binary == "" {
			o.binary = made
		} else if err := os.Rename(made, o.binary); err != nil {
			return err
		}
	}
	return o.try(ctx, todo)
}

const survived = "SURVIVED"

// try runs the tests against each mutant until the time is over: first many in
// one process, then what survived in one of its own each, as some change what
// is made when the program starts.
func (o *options) try(ctx context.Context, todo []mutant) error {
	file := os.Stdout
	if o.results != "" {
		var err error
		if file, err = os.OpenFile(o.results, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
	}
	by, err := o.together(ctx, []mutant{{id: none}})
	if err != nil {
		return err
	}
	if test := by[none]; test != "" {
		return fmt.Errorf("without a change the tests are failed by %s", test)
	}
	for batch := range slices.Chunk(todo, o.batch) {
		if err := o.tryBatch(ctx, batch, file); err != nil {
			return err
		}
		if ctx.Err() != nil {
			log.Print("the time is over")
			return nil
		}
	}
	return nil
}

// none is the id of no mutant.
const none = -1

func (o *options) tryBatch(ctx context.Context, batch []mutant, file *os.File) error {
	by := map[int]string{}
	var err error
	if !o.again { // survivors of one process are tried in others
		by, err = o.together(ctx, batch)
	}
	if err != nil {
		return err
	}
	write := func(m mutant, outcome string) {
		if _, failed := fmt.Fprintf(file, "%s\t%s\n", m.name, outcome); failed != nil {
			err = failed
		}
	}
	var left []mutant
	for _, m := range batch {
		switch test, tried := by[m.id]; {
		case test != "":
			write(m, "killed by "+test)
		case tried, o.again:
			left = append(left, m)
		}
	}
	for _, m := range left {
		if outcome, done := o.alone(ctx, m); done {
			write(m, outcome)
		}
	}
	return err
}

// together returns which test notices which mutant, by its id.
func (o *options) together(ctx context.Context, batch []mutant) (map[int]string, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	by := map[int]string{}
	for left := batch; len(left) > 0 && ctx.Err() == nil; {
		var ids []string
		for _, m := range left {
			ids = append(ids, strconv.Itoa(m.id))
		}
		out := filepath.Join(dir, strconv.Itoa(len(left)))
		cmd := exec.CommandContext(ctx, o.binary, "-test.run=^TestEachMutant$", "-test.short", "-rapid.checks=3", "-rapid.shrinktime=0s", "-rapid.nofailfile", "-test.timeout=0")
		cmd.Dir, cmd.Env = o.dir, append(cmd.Environ(), "MUTANTS="+strings.Join(ids, " "), "MUTANTS_OUT="+out)
		failed := cmd.Run()
		found, err := readResults(out)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && failed == nil {
			return nil, fmt.Errorf("%s has tried nothing", o.binary)
		}
		for _, m := range left[:len(found)] {
			by[m.id] = found[strconv.Itoa(m.id)]
		}
		left = left[len(found):]
		if len(left) > 0 && ctx.Err() == nil {
			by[left[0].id] = "the end of the process"
			left = left[1:]
		}
	}
	return by, nil
}

// alone returns which test notices a mutant; done is false if the time was over.
func (o *options) alone(ctx context.Context, m mutant) (outcome string, done bool) {
	for _, stage := range stages[:o.stages] {
		// A mutant may never end.
		cmd := exec.CommandContext(ctx, o.binary, append([]string{"-test.failfast", "-test.timeout=60s", "-rapid.shrinktime=0s", "-rapid.nofailfile"}, stage...)...)
		cmd.Dir, cmd.Env = o.dir, append(cmd.Environ(), inForce+"="+strconv.Itoa(m.id))
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return "", false
		}
		if err != nil {
			return "killed by " + noticedBy(string(out)), true
		}
	}
	return survived, true
}

func noticedBy(out string) string {
	for line := range strings.Lines(out) {
		if _, name, ok := strings.Cut(line, "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			return name
		}
	}
	return "a panic or the time limit"
}

// readResults reads two columns.
func readResults(path string) (map[string]string, error) {
	tried := map[string]string{}
	if path == "" {
		return tried, nil
	}
	file, err := os.Open(filepath.Clean(path))
	if os.IsNotExist(err) {
		return tried, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if first, second, ok := strings.Cut(lines.Text(), "\t"); ok {
			tried[first] = second
		}
	}
	return tried, lines.Err()
}
