package push

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"
)

func b64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291 section 5 and appendix A, byte for byte.
func TestEncryptReproducesTheExampleOfRFC8291(t *testing.T) {
	to, err := parsePublicKey("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
	if err != nil {
		t.Fatal(err)
	}
	ephemeral, err := ecdh.P256().NewPrivateKey(b64(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := encrypt(to, b64(t, "BTBZMqHH6r4Tts7J_aSIgg"), ephemeral, b64(t, "DGv6ra1nlYgDCS1FRnbzlw"),
		[]byte("When I grow up, I want to be a watermelon"), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := b64(t, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

// A padded text shows its length only in steps, and never outgrows what services take.
func TestPaddingHidesTheLengthWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, maxPayload-overhead).Draw(t, "length")
		total := n + padding(n)
		if total+overhead > maxPayload {
			t.Fatalf("%d bytes with padding make %d, over the limit", n, total+overhead)
		}
		if total%padStep != 0 && total+overhead != maxPayload {
			t.Fatalf("%d bytes are padded to %d, which tells the length", n, total)
		}
	})
}
