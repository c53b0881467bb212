package models

import (
	"fmt"

	"aftercare/models/care"
)

// claimed matches care's episodes with the stored ones: an episode keeps the ID of
// the stored one that begins with its earliest report, else of one that holds it,
// else of one that shares a report, else of a void one that held it. It returns the
// stored ones by first report, and their IDs.
func (h *history) claimed(episodes []care.Episode) (of map[string]*Episode, taken map[string]bool) {
	of, taken = make(map[string]*Episode, len(episodes)), make(map[string]bool, len(episodes))
	begins := map[string][]int{}                          // positions by first report
	holds, held := map[string][]int{}, map[string][]int{} // by report, now and when it became void
	for i, e := range h.Episodes {
		for n, id := range e.ReportIDs {
			if n == 0 {
				begins[id] = append(begins[id], i)
			}
			holds[id] = append(holds[id], i)
		}
		if e.State == EpisodeVoid {
			for _, id := range e.WasReportIDs {
				held[id] = append(held[id], i)
			}
		}
	}
	claim := func(c *care.Episode, positions map[string][]int, reports ...string) {
		first := len(h.Episodes)
		for _, id := range reports {
			for _, i := range positions[id] {
				if i < first && !taken[h.Episodes[i].ID] {
					first = i
				}
			}
		}
		if first < len(h.Episodes) && of[c.FirstReport] == nil {
			of[c.FirstReport], taken[h.Episodes[first].ID] = h.Episodes[first], true
		}
	}
	for _, positions := range []map[string][]int{begins, holds} {
		for i := range episodes {
			claim(&episodes[i], positions, episodes[i].FirstReport)
		}
	}
	for i := range episodes {
		if of[episodes[i].FirstReport] == nil {
			claim(&episodes[i], holds, episodes[i].Reports...)
		}
	}
	for i := range episodes {
		claim(&episodes[i], held, episodes[i].FirstReport)
	}
	return of, taken
}

// storeEpisodes stores care's episodes, each as the stored one that it claims.
// Stored episodes that none claims become void. It returns the episodes by first
// report.
func (tx *Tx) storeEpisodes(h *history, v care.Verdict) (map[string]*Episode, error) {
	out, taken := h.claimed(v.Episodes)
	for _, c := range v.Episodes {
		e := out[c.FirstReport]
		if e == nil && h.over(c, care.EpisodeClosed) {
			continue
		}
		if e == nil {
			e = &Episode{Base: Base{ID: NewID()}, WarningIDs: []string{}}
			out[c.FirstReport] = e
			h.Episodes = append(h.Episodes, e)
			taken[e.ID] = true
		}
		before := &h.was.episode
		*before = *e
		if h.over(c, e.State) {
			e.settled(c)
		} else {
			e.judged(c)
		}
		if packsAlike(before, e) {
			continue
		}
		if err := tx.saveChanges(before, e); err != nil {
			return nil, fmt.Errorf("store an episode: %w", err)
		}
	}
	for _, e := range h.Episodes {
		if taken[e.ID] || e.State == EpisodeVoid || h.stays(e) {
			continue
		}
		e.State, e.ReportIDs, e.WasReportIDs, e.ClosedAt = EpisodeVoid, []string{}, e.ReportIDs, T(tx.Now)
		if err := tx.save(e); err != nil {
			return nil, fmt.Errorf("void an episode: %w", err)
		}
		if err := tx.withdrawWarnings(h, e.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}
