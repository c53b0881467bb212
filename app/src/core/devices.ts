// The phones of the account; the list is kept, to name them offline.
import { api, need } from './api';
import { get, ofPerson, put } from './db';
import { t } from './words';
import type { Device } from './types';

export const devices = ofPerson<Device[]>([]);

/** What is kept at once, then what the server says; false where it could not be asked. */
export async function readDevices(): Promise<boolean> {
  if (devices.peek().length === 0) devices.value = (await get<Device[]>('devices')) ?? [];
  try {
    devices.value = (await need(api.GET('/v1/devices'))).items;
    await put('devices', devices.value);
    return true;
  } catch {
    return false;
  }
}

/** What a phone is called; this one says so. */
export function nameOf(all: Device[], id: string, mine: string | undefined): string {
  const name = all.find((d) => d.id === id)?.name;
  if (id === mine) return name ? `${name}, ${t('devices.this_phone')}` : t('devices.this_phone');
  return name ?? t('reminders.unknown_phone');
}
