// A module of its own: what is measured beside our sender must not become a
// dependency of the program.
module aftercare/jobs/push/peer

go 1.26.0

require (
	aftercare v0.0.0
	github.com/SherClockHolmes/webpush-go v1.4.0
)

require (
	github.com/golang-jwt/jwt/v5 v5.2.1 // indirect
	golang.org/x/crypto v0.58.0 // indirect
)

replace aftercare => ../../..
