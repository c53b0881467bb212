/** What this phone is called in the list of phones. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const system = ['iPhone', 'iPad', 'Android', 'Windows', 'Mac', 'Linux'].find((s) => agent.includes(s)) ?? 'Web';
  const browser = agent.includes('Firefox') ? 'Firefox' : agent.includes('Edg/') ? 'Edge' : agent.includes('Chrome') ? 'Chrome' : agent.includes('Safari') ? 'Safari' : '';
  return [browser, system].filter(Boolean).join(', ');
}

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
