package models

// Delivery is one notification of a reminder on its way to one device.
type Delivery struct {
	AccountID      string        `gorm:"primaryKey" json:"-"`
	ReminderID     string        `gorm:"primaryKey" json:"-"`
	DeviceID       string        `gorm:"primaryKey" json:"device_id"`
	Round          int           `gorm:"primaryKey;autoIncrement:false" json:"-"`
	NotificationID string        `json:"notification_id"`
	Transport      string        `json:"transport"`
	Destination    string        `json:"-"`
	Clearing       bool          `json:"-"`
	Priority       bool          `json:"-"` // sent before all that has none
	State          DeliveryState `json:"state" enum:"pending,sending,accepted,dead,skipped"`
	Reason         Reason        `json:"reason,omitempty"`
	Attempts       int           `json:"attempts"`
	LastError      string        `json:"last_error,omitempty"`
	DueAt          Time          `json:"-"`
	NextAt         Time          `json:"-"`
	Lease          string        `json:"-"`
	AcceptedAt     Time          `json:"accepted_at,omitzero"`
	DeliveredAt    Time          `json:"delivered_at,omitzero"`
	OpenedAt       Time          `json:"opened_at,omitzero"`
	CreatedAt      Time          `gorm:"autoCreateTime:false" json:"-"`
}

type deliveryKey struct {
	AccountID, ReminderID, DeviceID string
	Round                           int
}

func (d *Delivery) key() deliveryKey {
	return deliveryKey{d.AccountID, d.ReminderID, d.DeviceID, d.Round}
}
