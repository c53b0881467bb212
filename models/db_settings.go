package models

import (
	"context"
	"crypto/rand"
	"fmt"

	"gorm.io/gorm/clause"
)

// Setting reads a value that is kept in the database, and makes it at the
// first call. Processes that make it at once agree on one.
func (s *Store) Setting(ctx context.Context, name string, make func() string) (string, error) {
	if v, ok := s.settings.Load(name); ok {
		return v.(string), nil
	}
	type setting struct{ Name, Value string }
	var kept setting
	err := s.writeAny(ctx, func(tx *Tx) error {
		fresh := setting{Name: name, Value: make()}
		err := tx.Table("settings").Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error
		if err != nil {
			return err
		}
		return tx.Table("settings").Where("name = ?", name).Take(&kept).Error
	})
	if err != nil {
		return "", fmt.Errorf("read the setting %s: %w", name, err)
	}
	s.settings.Store(name, kept.Value)
	return kept.Value, nil
}

// secret reads a random key that the server made at its first use and keeps.
func (s *Store) secret(ctx context.Context, name string) (string, error) {
	return s.Setting(ctx, name, rand.Text)
}
