package models

// Delivery is one notification of a reminder on its way to one device.
type Delivery struct {
	AccountID      string `gorm:"primaryKey" json:"-"`
	ReminderID     string `gorm:"primaryKey" json:"-"`
	DeviceID       string `gorm:"primaryKey" json:"device_id"`
	Round          int    `gorm:"primaryKey;autoIncrement:false" json:"-"`
	NotificationID string `json:"notification_id"`
	Transport      string `json:"transport"`
	Destination    string `json:"-"`
	Clearing       bool   `json:"-"`
	State          string `json:"state" enum:"pending,sending,accepted,dead,skipped"`
	Reason         string `json:"reason,omitempty"`
	Attempts       int    `json:"attempts"`
	LastError      string `json:"last_error,omitempty"`
	DueAt          Time   `json:"-"`
	NextAt         Time   `json:"-"`
	Lease          string `json:"-"`
	AcceptedAt     Time   `json:"accepted_at,omitzero"`
	DeliveredAt    Time   `json:"delivered_at,omitzero"`
	OpenedAt       Time   `json:"opened_at,omitzero"`
	CreatedAt      Time   `gorm:"autoCreateTime:false" json:"-"`
}

// States of a delivery: pending → sending (lease) → accepted, pending again
// with backoff, or dead; skipped when it is no longer wanted.
const (
	DeliveryPending  = "pending"
	DeliverySending  = "sending"
	DeliveryAccepted = "accepted"
	DeliveryDead     = "dead"
	DeliverySkipped  = "skipped"
)

// notify makes the deliveries of a reminder that is due: one for each device
// that can be reached. Without one it lives in the app alone.
func (tx *Tx) notify(r *Reminder, only string) error {
	devices, err := tx.reachable(only)
	if err != nil {
		return err
	}
	r.State = StateDue
	r.Round++
	if r.Silent || r.RidesWith != "" {
		devices = nil
	}
	for _, d := range devices {
		if r.Slot == slotSignIn && d.ID == r.Anchor {
			continue // the phone that signed in knows
		}
		if err := tx.Create(tx.delivery(r, d)).Error; err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) delivery(r *Reminder, d target) *Delivery {
	now := T(tx.Now)
	return &Delivery{
		AccountID: tx.Account, ReminderID: r.ID, DeviceID: d.ID, Round: r.Round, NotificationID: r.notificationID(),
		Transport: d.PushTransport, Destination: d.PushAddress.Destination,
		State: DeliveryPending, DueAt: now, NextAt: now, CreatedAt: now,
	}
}

// readdress sends what is on its way to a device to its new address.
func (tx *Tx) readdress(d *Device) error {
	return tx.Model(&Delivery{}).
		Where("account_id = ? AND device_id = ? AND next_at IS NOT NULL", tx.Account, d.ID).
		Updates(map[string]any{"transport": d.PushTransport, "destination": d.PushAddress.Destination}).Error
}

// skipDeliveries ends those of a reminder that are not yet accepted.
func (tx *Tx) skipDeliveries(r *Reminder, reason string) error {
	return tx.Exec(`UPDATE deliveries SET state = ?, reason = ?, next_at = NULL, lease = ''
		WHERE account_id = ? AND reminder_id = ? AND NOT clearing AND state IN (?, ?)`,
		DeliverySkipped, reason, tx.Account, r.ID, DeliveryPending, DeliverySending).Error
}

// clearOnDevices sends a silent push to each device that shows the reminder:
// acknowledged on one phone, gone on all.
func (tx *Tx) clearOnDevices(r *Reminder) error {
	var shown []string
	err := tx.Raw("SELECT DISTINCT device_id FROM deliveries WHERE account_id = ? AND reminder_id = ? AND state = ? AND NOT clearing",
		tx.Account, r.ID, DeliveryAccepted).Scan(&shown).Error
	if err != nil || len(shown) == 0 {
		return err
	}
	r.Round++
	for _, id := range shown {
		devices, err := tx.reachable(id)
		if err != nil {
			return err
		}
		for _, d := range devices {
			clear := tx.delivery(r, d)
			clear.Clearing = true
			if err := tx.Create(clear).Error; err != nil {
				return err
			}
		}
	}
	return nil
}

// save stores an edited row and gives it its number in the change feed.
func (tx *Tx) save(row interface{ base() *Base }) error {
	row.base().written(tx)
	return tx.store(row)
}
