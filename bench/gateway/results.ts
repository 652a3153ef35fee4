// What was measured comes to: figures, a table for people, what is missed.
import { percentile } from '../controller/statistics.ts';
import type { Measured } from './measure.ts';

export interface Summary {
  readonly bench: 'gateway';
  readonly tenants: number;
  readonly memoryPerTenantMB: number;
  readonly processMB: number;
  readonly connectSeconds: number;
  readonly mostDialsPerSecond: number;
  readonly statusP50Ms: number;
  readonly statusP99Ms: number;
}

export const bars = { memoryPerTenantMB: 6, statusP99Ms: 150 } as const;

export function summarise({ tenants, residentMB, connecting, statusMs }: Measured): Summary {
  const one = (value: number): number => Math.round(value * 100) / 100;
  return {
    bench: 'gateway',
    tenants,
    memoryPerTenantMB: one((residentMB.serving - residentMB.alone) / tenants),
    processMB: Math.round(residentMB.alone),
    connectSeconds: one(connecting.seconds),
    mostDialsPerSecond: connecting.mostPerSecond,
    statusP50Ms: Math.round(percentile(statusMs, 0.5)),
    statusP99Ms: Math.round(percentile(statusMs, 0.99)),
  };
}

export function missed(summary: Summary): boolean {
  return summary.memoryPerTenantMB > bars.memoryPerTenantMB || !(summary.statusP99Ms < bars.statusP99Ms);
}

export function table(summary: Summary): string {
  return [
    `${summary.tenants} tenants on one gateway; the process itself: ${summary.processMB} MiB.`,
    '',
    `memory per tenant     ${summary.memoryPerTenantMB} MiB   (bar: <= ${bars.memoryPerTenantMB})`,
    `connecting            ${summary.connectSeconds} s, at most ${summary.mostDialsPerSecond} bots in a second`,
    `/session status       p50 ${summary.statusP50Ms} ms, p99 ${summary.statusP99Ms} ms   (bar: < ${bars.statusP99Ms})`,
  ].join('\n');
}
