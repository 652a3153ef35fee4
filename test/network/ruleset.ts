// As much of nftables as the translation needs: chains of rules over addresses, protocol and port. It can be written as
// nft reads it, and it can be asked what it does with a packet.
import { network } from '../../hack/cluster/layout.ts';
import { type Attempt, inNetwork } from './world.ts';

export type Condition =
  | { readonly kind: 'from' | 'to'; readonly cidr: string; readonly not?: true }
  | { readonly kind: 'protocol'; readonly protocol: 'tcp' | 'udp' }
  | {
      readonly kind: 'port';
      readonly protocol: 'tcp' | 'udp';
      readonly first: number;
      readonly last: number;
    };

/** `return` goes on after the jump; `accept` ends the judgement, as far as this table goes. */
export type Verdict = 'accept' | 'drop' | 'return' | { readonly jump: string };

export interface Rule {
  readonly conditions: readonly Condition[];
  readonly verdict: Verdict;
}

export interface Chain {
  readonly name: string;
  /** For people who read the table. */
  readonly comment?: string;
  readonly rules: readonly Rule[];
}

/** Packets enter at `judge`. What leaves it without a verdict is accepted. */
export interface Ruleset {
  readonly judge: readonly Rule[];
  readonly chains: readonly Chain[];
}

/**
 * The table as one transaction for `nft -f -`: it replaces the table of that name. Judged is what pods send through
 * this machine and to it; what the machine itself sends to its pods is not. Answers pass by connection tracking. The
 * packets of the one who asked are judged each, so that a connection ends with the permission to make it, and one that
 * was made before its pod was known is judged when it is.
 */
export function render({ judge, chains }: Ruleset): string {
  const body = chains.map(({ name, comment, rules }) => [
    `  chain ${name} {${comment === undefined ? '' : ` # ${comment}`}`,
    ...rules.map((rule) => `    ${renderRule(rule)}`),
    '  }',
  ]);
  return `${[
    `table inet ${network.policyTable}`,
    `delete table inet ${network.policyTable}`,
    `table inet ${network.policyTable} {`,
    ...body.flat(),
    '  chain judge {',
    // Pods have IPv4 here: between them there is no way around the rules.
    `    meta nfproto ipv6 iifname ${network.bridge} meta l4proto != ipv6-icmp drop`,
    '    ct state related accept',
    '    ct direction reply accept',
    ...judge.map((rule) => `    ${renderRule(rule)}`),
    '  }',
    // After the translation of Services (dstnat, -100) and before nothing that matters here.
    ...['forward', 'input'].flatMap((hook) => [
      `  chain ${hook} {`,
      `    type filter hook ${hook} priority filter; policy accept;`,
      hook === 'forward' ? '    jump judge' : '    meta nfproto ipv4 jump judge',
      '  }',
    ]),
    '}',
  ].join('\n')}\n`;
}

/** What the rules do with the first packet of an attempt. */
export function verdictOf({ judge, chains }: Ruleset, packet: Attempt): 'accept' | 'drop' {
  const byName = new Map(chains.map((chain) => [chain.name, chain.rules]));
  const walk = (rules: readonly Rule[]): 'accept' | 'drop' | undefined => {
    for (const { conditions, verdict } of rules) {
      if (!conditions.every((condition) => holds(condition, packet))) continue;
      if (verdict === 'return') return undefined;
      if (typeof verdict === 'string') return verdict;
      const next = byName.get(verdict.jump);
      if (next === undefined) throw new Error(`no chain ${verdict.jump}`);
      const result = walk(next);
      if (result !== undefined) return result;
    }
    return undefined;
  };
  return walk(judge) ?? 'accept';
}

function holds(condition: Condition, { from, to, protocol, port }: Attempt): boolean {
  switch (condition.kind) {
    case 'from':
    case 'to':
      return inNetwork(condition.kind === 'from' ? from : to, condition.cidr) !== (condition.not === true);
    case 'protocol':
      return condition.protocol === protocol.toLowerCase();
    case 'port':
      return (
        condition.protocol === protocol.toLowerCase() && port >= condition.first && port <= condition.last
      );
  }
}

function renderRule({ conditions, verdict }: Rule): string {
  const action =
    typeof verdict === 'string' ? (verdict === 'drop' ? 'counter drop' : verdict) : `jump ${verdict.jump}`;
  return [...conditions.map(renderCondition), action].join(' ');
}

function renderCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'from':
    case 'to':
      return `ip ${condition.kind === 'from' ? 'saddr' : 'daddr'} ${condition.not ? '!= ' : ''}${condition.cidr}`;
    case 'protocol':
      return `meta l4proto ${condition.protocol}`;
    case 'port':
      return `${condition.protocol} dport ${condition.first}${condition.last === condition.first ? '' : `-${condition.last}`}`;
  }
}
