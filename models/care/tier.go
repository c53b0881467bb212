package care

import "fmt"

// Tier is the urgency of action, from 0 (expected) to 4 (emergency).
type Tier int

// Tiers, knowledge base section 1.
const (
	Expected Tier = iota
	Watch
	DoctorSoon
	SameDay
	Emergency
)

var tierNames = [...]string{"expected", "watch", "doctor_soon", "same_day", "emergency"}

// String is the name of the API.
func (t Tier) String() string {
	if t < Expected || t > Emergency {
		return fmt.Sprintf("tier(%d)", int(t))
	}
	return tierNames[t]
}

// ParseTier reads a name of the API.
func ParseTier(name string) (Tier, error) {
	for i, n := range tierNames {
		if n == name {
			return Tier(i), nil
		}
	}
	return 0, fmt.Errorf("tier %q is not one of %v", name, tierNames)
}
