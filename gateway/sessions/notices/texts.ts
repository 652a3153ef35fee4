/** The notices of one session, in the campaign's language. Pure. */
import { monthlySpendReached } from '../../../src/admission/budget.ts';
import type { Campaign } from '../../../src/api/generated/campaign.ts';
import type { Tenant } from '../../../src/api/generated/tenant.ts';
import type { ConsentNotice } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { type Messages, messagesFor } from '../../messages/catalogue.ts';

type Parts = { readonly tenant: Pick<Tenant, 'spec' | 'status'>; readonly campaign: Pick<Campaign, 'spec'> };

function messagesOf({ spec }: Pick<Campaign, 'spec'>): Messages['notice'] {
  return messagesFor(spec.language).notice;
}

/** As the worker needs it: what is said aloud, and whether. The tenant's own words go before ours. */
export function consentNotice({ tenant, campaign }: Parts): ConsentNotice {
  const { consentNotice: how, noticeText, recordTranscripts } = tenant.spec.privacy;
  return {
    words: noticeText ?? messagesOf(campaign).consent.spoken(recordTranscripts),
    spoken: how !== 'text',
    text: how !== 'spoken',
  };
}

/** @param mentioned people who joined later; empty: everybody in the channel is meant */
export function writtenConsent({ tenant, campaign }: Parts, mentioned: readonly string[]): string {
  const { noticeText, recordTranscripts } = tenant.spec.privacy;
  const text = noticeText ?? messagesOf(campaign).consent.written(recordTranscripts);
  return mentioned.length === 0 ? text : `${mentioned.map((id) => `<@${id}>`).join(' ')} ${text}`;
}

export function spokenSpendNotice(campaign: Pick<Campaign, 'spec'>): string {
  return messagesOf(campaign).spendSpoken;
}

/** What an NPC says when it must not say what it was about to. */
export function withheldLine(campaign: Pick<Campaign, 'spec'>): string {
  return messagesOf(campaign).withheld;
}

/** @param title of the campaign */
export function writtenSpendNotice({ tenant, campaign }: Parts, title: string): string {
  const messages = messagesOf(campaign);
  return monthlySpendReached(tenant, 'soft') === undefined
    ? messages.spendSession(title)
    : messages.spendMonth(title);
}
