// Where the time of a start goes: from moments on one clock to the steps between them. Pure.

/** What happens on the way from the command to a bot that listens, in the order in which it happens. */
export const moments = [
  'command',
  'created',
  'claimed',
  'admitted',
  'jobCreated',
  'podCreated',
  'scheduled',
  'exec',
  'attached',
  'configured',
  'opcode4',
  'voiceServerUpdate',
  'voiceIdentify',
  'voiceUdpReady',
  'daveKeyPackage',
  'listening',
] as const;

export type Moment = (typeof moments)[number];

/** Milliseconds on one clock. What did not happen, or was not seen, is absent. */
export type Moments = Partial<Record<Moment, number>> & {
  readonly command: number;
  readonly listening: number;
};

/** What ends with each moment. */
const names: Readonly<Record<Exclude<Moment, 'command'>, string>> = {
  created: 'command',
  claimed: 'admission, claim',
  admitted: 'admission, status',
  jobCreated: 'certificate, Secret, Job',
  podCreated: 'pod created',
  scheduled: 'scheduled',
  exec: 'kubelet, container, supervisor',
  attached: 'worker process, gRPC',
  configured: 'configuration',
  opcode4: 'worker asks to join',
  voiceServerUpdate: 'Discord answers',
  voiceIdentify: 'voice: WSS, identify',
  voiceUdpReady: 'voice: UDP',
  daveKeyPackage: 'DAVE: key package',
  listening: 'DAVE: group, transition',
};

/**
 * Milliseconds of each step: from the moment before it that is known. Moments are seen by different observers; one
 * that is seen before an earlier one takes no time.
 */
export function stepsOf(start: Moments): Readonly<Record<string, number>> {
  const steps: Record<string, number> = {};
  let last = start.command;
  for (const moment of moments) {
    const at = start[moment];
    if (moment === 'command' || at === undefined) continue;
    steps[names[moment]] = Math.max(0, at - last);
    last = Math.max(last, at);
  }
  return steps;
}
