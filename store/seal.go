package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
)

// sealed begins a text that is encrypted with the key.
const sealed = "sealed1:"

// UseKey sets the key, of 32 bytes, under which secrets that must be read again
// are kept. Without one they are refused. To be called before the store is
// shared.
func (s *Store) UseKey(key []byte) error {
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != 32 {
		return errors.New("store: the key for secrets must have 32 bytes")
	}
	s.seal, err = cipher.NewGCM(block)
	return err
}

var errNoKey = errors.New("store: there is no key for secrets")

// sealText encrypts a secret for one purpose (AES-256-GCM): sealed for
// another, it does not open.
func (s *Store) sealText(purpose, secret string) (string, error) {
	if s.seal == nil {
		return "", errNoKey
	}
	nonce := make([]byte, s.seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	return sealed + base64.RawStdEncoding.EncodeToString(s.seal.Seal(nonce, nonce, []byte(secret), []byte(purpose))), nil
}

func (s *Store) openText(purpose, text string) (string, error) {
	if s.seal == nil {
		return "", errNoKey
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(text, sealed))
	if err != nil || !strings.HasPrefix(text, sealed) || len(raw) < s.seal.NonceSize() {
		return "", errors.New("store: a secret is not sealed")
	}
	n := s.seal.NonceSize()
	secret, err := s.seal.Open(nil, raw[:n], raw[n:], []byte(purpose))
	if err != nil {
		return "", errors.New("store: a secret was sealed with another key")
	}
	return string(secret), nil
}
