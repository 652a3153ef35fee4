// Rows of a session, as a worker writes them.
import { randomUUID } from 'node:crypto';

export const session = (uid: string) => ({
  uid,
  namespace: 'skald-demo',
  name: 'friday',
  campaign: 'village',
  guildId: '100000000000000002',
  startedAt: new Date('2026-01-01T20:00:00Z'),
});

export const segment = (sessionUid: string) => ({
  id: randomUUID(),
  sessionUid,
  startedAt: new Date('2026-01-01T20:00:01Z'),
  endedAt: new Date('2026-01-01T20:00:02Z'),
  speakerKind: 'npc' as const,
  speakerId: 'Greta',
  speakerName: 'Greta',
  text: 'The ale is fine.',
});
