// A Campaign's status from what was observed: pure.

import { type CampaignFacts, problemsOf } from '../../src/admission/campaign.ts';
import { type CampaignStatus, isFinal, setCondition, type VoiceSession } from '../../src/api/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';
import type { LiveCampaign } from '../resources.ts';
import { revisionOf } from './revision.ts';

export interface CampaignObservation extends CampaignFacts {
  readonly now: Date;
  readonly campaign: LiveCampaign;
  /** The VoiceSessions of the campaign. */
  readonly sessions: readonly Pick<VoiceSession, 'metadata' | 'status'>[];
}

export function campaignStatus(o: CampaignObservation): CampaignStatus {
  const { campaign } = o;
  const problems = problemsOf(o);
  const [first] = problems;
  const observation = {
    type: 'Ready',
    status: first === undefined ? 'True' : 'False',
    reason: first?.reason ?? 'Valid',
    message: first === undefined ? 'A session can be started.' : text(problems.map(({ message }) => message)),
    observedGeneration: campaign.metadata.generation,
  } as const;
  const active = o.sessions.find(({ status }) => status?.startedAt !== undefined && !isFinal(status.phase))
    ?.metadata.name;
  return {
    conditions: setCondition(campaign.status?.conditions, observation, o.now),
    npcCount: campaign.spec.npcs.length,
    sessionCount: o.sessions.length,
    revision: revisionOf(campaign, o.providers, o.entities),
    // Gateways read Campaigns and no ConfigMaps: this is how the entities get to the NPCs.
    ...(o.entities.state === 'read' ? { entities: o.entities.entities } : {}),
    ...(active === undefined ? {} : { activeSession: active }),
    ...(campaign.metadata.generation === undefined
      ? {}
      : { observedGeneration: campaign.metadata.generation }),
  };
}

function text(messages: readonly string[]): string {
  return redactText(messages.join(' ')).slice(0, 4096);
}
