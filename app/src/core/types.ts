// Names for what the API answers; the shapes come from the served document.
import type { components } from '../api/schema';

type Schemas = components['schemas'];
export type Account = Schemas['Account'];
export type Assessment = Schemas['Assessment'];
export type ClinicianEvent = Schemas['ClinicianEvent'];
export type Consent = Schemas['Consent'];
export type Delivery = Schemas['Delivery'];
export type Device = Schemas['Device'];
export type AuditEvent = Schemas['AuditEvent'];
export type Knowledge = Schemas['Knowledge'];
export type DoctorReport = Schemas['DoctorReport'];
export type ReportPart = Schemas['ReportPart'];
export type Plan = Schemas['Plan'];
export type PlanItem = Schemas['PlanItem'];
export type ProgressNote = Schemas['ProgressNote'];
export type Reminder = Schemas['Reminder'];
export type Report = Schemas['Report'];
export type Rest = Schemas['Rest'];
export type Roller = Schemas['Roller'];
export type Session = Schemas['Session'];
export type Tier = Schemas['Tier'];
export type Warning = Schemas['Warning'];
export type Action = Schemas['Action'];

export type Catalogue = Schemas['Catalogue'];
/** A set of answers that is an emergency when all of its conditions hold. */
export type RedFlag = Schemas['RedFlag'];
export type Condition = Schemas['Condition'];

/** A row of any collection, in the form of the REST API. */
export interface Row { id: string; version?: number; flags?: string[] | null; [field: string]: unknown }

/** The collections that the server mirrors to the phone. */
export const collections = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress', 'reminders', 'episodes', 'warnings'] as const;
export type Collection = (typeof collections)[number];
/** Those that the phone may write. */
export type Writable = Exclude<Collection, 'episodes' | 'warnings'>;

/** A reminder that waits for an answer. */
export const isOpen = (r: Pick<Reminder, 'state'>): boolean => ['due', 'sent', 'snoozed'].includes(r.state);
