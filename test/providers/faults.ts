import { z } from 'zod';

/** What can be made to go wrong with the answers of one endpoint. An empty object is a healthy vendor. */
export const faultSchema = z.strictObject({
  /** Wait before the first token or the first sound, in milliseconds. @defaultValue 0 */
  firstMs: z.number().min(0).optional(),
  /** Wait between tokens, or between pieces of 20 ms of sound, in milliseconds. @defaultValue 0 */
  eachMs: z.number().min(0).optional(),
  /** Answer with this status and an error in OpenAI's shape instead. */
  status: z.number().int().min(400).max(599).optional(),
  /** The error repeats the API key that was sent, as some vendors do. */
  repeatKey: z.boolean().optional(),
  /** `Retry-After` of such an answer, in seconds. */
  retryAfter: z.number().min(0).optional(),
  /** Cut the connection after so many tokens or pieces; 0 cuts it before the answer's first byte. */
  cutAfter: z.number().int().min(0).optional(),
  /** The model uses this tool first, whether or not it was offered. Chat only. */
  callTool: z.strictObject({ name: z.string(), arguments: z.string() }).optional(),
  /** Send JSON that cannot be parsed. */
  malformed: z.boolean().optional(),
  /** How many requests this holds for; afterwards the endpoint is healthy. @defaultValue every request */
  times: z.number().int().min(1).optional(),
});

export type Fault = z.infer<typeof faultSchema>;

export const endpoints = ['chat', 'transcriptions', 'speech'] as const;
export type Endpoint = (typeof endpoints)[number];

/** Faults by endpoint; what is absent is healthy. */
export const faultsSchema = z.strictObject({
  chat: faultSchema.optional(),
  transcriptions: faultSchema.optional(),
  speech: faultSchema.optional(),
});

export type Faults = z.infer<typeof faultsSchema>;

/** Hands out the faults, counting down those that hold for some requests only. */
export class FaultPlan {
  private readonly left = new Map<Endpoint, { fault: Fault; times: number }>();

  constructor(faults: Faults = {}) {
    this.set(faults);
  }

  /** Replaces all faults. */
  set(faults: Faults): void {
    this.left.clear();
    for (const endpoint of endpoints) {
      const fault = faults[endpoint];
      if (fault) this.left.set(endpoint, { fault, times: fault.times ?? Number.POSITIVE_INFINITY });
    }
  }

  /** The fault for the next request to an endpoint. */
  next(endpoint: Endpoint): Fault {
    const planned = this.left.get(endpoint);
    if (!planned) return {};
    planned.times--;
    if (planned.times <= 0) this.left.delete(endpoint);
    return planned.fault;
  }
}
