// Whether what Vault has is what is wanted. Vault gives some values back in another form than it took them.

/** Names of the parameters that differ. Parameters that are not wanted anything of are not looked at. */
export function differences(
  wanted: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => canonical(value) !== canonical(found[name]))
    .map(([name]) => name)
    .sort();
}

function canonical(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return value.trim() === '' ? 'nothing' : text(value);
  if (typeof value === 'number') return text(`${value}`);
  // Sets, all of them: names, policies, keys.
  if (Array.isArray(value))
    return value.length === 0 ? 'nothing' : JSON.stringify(value.map(canonical).sort());
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0
      ? 'nothing'
      : JSON.stringify(entries.map(([name, one]) => [name, canonical(one)]));
  }
  return String(value);
}

/** Line ends of PEMs and policies; numbers as text; durations as `72h0m0s`. */
function text(value: string): string {
  const duration = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value);
  if (duration && value !== '') {
    const [, hours = '0', minutes = '0', seconds = '0'] = duration;
    return `${Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)}`;
  }
  return value.trim().replaceAll('\r\n', '\n');
}
