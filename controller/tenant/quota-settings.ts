import { z } from 'zod';
import { isAmount } from './amounts.ts';

const amount = z.union([z.string(), z.number()]).transform(String).refine(isAmount, 'is no quantity');

/** Settings of what contains a tenant in a namespace that the operator has made. */
export const quotaSettings = z
  .object({
    /** False: neither ResourceQuotas nor LimitRanges are made, and those that were made are removed. */
    enabled: z.boolean().default(true),
    /** Secrets beyond the workers': bot token, provider keys, what people and their tools keep there. */
    spareSecrets: z.number().int().min(0).default(50),
    /** Further limits of each tenant's ResourceQuota; they go before what follows from the Tenant. */
    hard: z.record(z.string(), amount).default({
      'services.loadbalancers': '0',
      'services.nodeports': '0',
      persistentvolumeclaims: '0',
    }),
  })
  .prefault({});

export type QuotaSettings = z.infer<typeof quotaSettings>;
