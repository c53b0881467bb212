-- From when to when an episode makes a person at risk (RK-24): only signs of
-- infection do, and a clinician who found none takes it back.
-- +goose Up
ALTER TABLE episodes ADD COLUMN infected_at BIGINT;
ALTER TABLE episodes ADD COLUMN infection_lifted_at BIGINT;
ALTER TABLE clinician_events ADD COLUMN no_infection BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE episodes SET infected_at = closed_at
WHERE state = 'closed' AND EXISTS (SELECT 1 FROM warnings w
  WHERE w.account_id = episodes.account_id AND w.episode_id = episodes.id AND w.tier >= 3 AND (w.fired LIKE '%"SD-01"%'
    OR w.fired LIKE '%"SD-02"%'
    OR w.fired LIKE '%"SD-03"%'
    OR w.fired LIKE '%"SD-04"%'
    OR w.fired LIKE '%"SD-05"%'
    OR w.fired LIKE '%"SD-07"%'
    OR w.fired LIKE '%"SD-08"%'
    OR w.fired LIKE '%"SD-09"%'
    OR w.fired LIKE '%"SD-10"%'
    OR w.fired LIKE '%"SD-11"%'
    OR w.fired LIKE '%"SD-12"%'
    OR w.fired LIKE '%"SD-16"%'
    OR w.fired LIKE '%"EM-01"%'
    OR w.fired LIKE '%"EM-02"%'
    OR w.fired LIKE '%"EM-03"%'
    OR w.fired LIKE '%"EM-08"%'));
-- Sessions until then did not use a discarded roller.
ALTER TABLE rollers ADD COLUMN discarded_at BIGINT;
