package db

import (
	"context"
	"crypto/rand"
	"fmt"
)

// Setting returns a stored value, creating it on the first call. Processes that
// create it at the same time agree on one value.
func (s *Store) Setting(ctx context.Context, name string, make func() string) (string, error) {
	if v, ok := s.settings.Load(name); ok {
		return v.(string), nil
	}
	var kept string
	err := s.WriteAny(ctx, func(tx *Tx) error {
		err := tx.Q.Exec("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, make())
		if err != nil {
			return err
		}
		kept, err = Row[string](tx.Q, "SELECT value FROM settings WHERE name = $1", name)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the setting %s: %w", name, err)
	}
	s.settings.Store(name, kept)
	return kept, nil
}

// Secret returns a random key, which the server creates on first use and
// stores.
func (s *Store) Secret(ctx context.Context, name string) (string, error) {
	return s.Setting(ctx, name, rand.Text)
}
