package care

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// histories is how many of them each property is tried on. A rule of time and
// order breaks in one of hundreds.
const histories = 2000

// TestMain asks for more draws than the default of rapid, which is 100. A number
// given by -rapid.checks or RAPID_CHECKS stands.
func TestMain(m *testing.M) {
	flag.Parse()
	_, given := os.LookupEnv("RAPID_CHECKS")
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", fmt.Sprint(histories)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
