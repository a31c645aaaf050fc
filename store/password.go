package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/farol-cs/farol"
	"golang.org/x/crypto/argon2"
)

// OWASP's first choice for argon2id: 19 MiB, two passes, one lane. The numbers
// are stored with each hash, so raising them leaves old hashes readable.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltSize    = 16
	hashSize    = 32
)

// Length is what makes a password strong; rules on its characters do not
// (NIST SP 800-63B 5.1.1.2). The upper bound is only against abuse.
const (
	passwordMin = 10
	passwordMax = 500
)

func checkPassword(p string) error {
	switch n := utf8.RuneCountInString(p); {
	case n < passwordMin:
		return farol.InvalidField("password", "must have at least %d characters", passwordMin)
	case n > passwordMax:
		return farol.InvalidField("password", "must have at most %d characters", passwordMax)
	}
	return nil
}

// hashPassword makes a hash in the PHC format,
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func (s *Store) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	sum, err := s.argon(ctx, password, salt, argonMemory, argonTime, argonLanes, hashSize)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// passwordMatches compares in constant time.
func (s *Store) passwordMatches(ctx context.Context, hash, password string) (bool, error) {
	var (
		version, memory, time, lanes int
		rest                         string
	)
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &time, &lanes, &rest); err != nil {
		return false, fmt.Errorf("store: a stored password hash is unreadable: %w", err)
	}
	salt, sum, err := splitHash(rest)
	if err != nil {
		return false, err
	}
	got, err := s.argon(ctx, password, salt, uint32(memory), uint32(time), uint8(lanes), uint32(len(sum)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, sum) == 1, nil
}

func splitHash(rest string) (salt, sum []byte, err error) {
	for i := range rest {
		if rest[i] != '$' {
			continue
		}
		if salt, err = base64.RawStdEncoding.DecodeString(rest[:i]); err != nil {
			return nil, nil, err
		}
		sum, err = base64.RawStdEncoding.DecodeString(rest[i+1:])
		return salt, sum, err
	}
	return nil, nil, fmt.Errorf("store: a stored password hash is unreadable")
}

// argon waits for its turn: a burst of sign-ins must not take the memory that
// the rest of the program needs.
func (s *Store) argon(ctx context.Context, password string, salt []byte, memory, time uint32, lanes uint8, size uint32) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.hashing }()
	return argon2.IDKey([]byte(password), salt, time, memory, lanes, size), nil
}

// decoy is a hash that nobody has the password of. Signing in with an unknown
// e-mail checks it, so that the time taken does not tell who is a member.
var decoy = sync.OnceValue(func() string {
	s := &Store{hashing: make(chan struct{}, 1)}
	h, _ := s.hashPassword(context.Background(), random(40))
	return h
})
