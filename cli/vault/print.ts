// What setup does, as text: for people who review first, and do it with Vault's own program.
import type { Result } from './apply.ts';
import type { SetupOptions } from './options.ts';
import { type Item, items, type Mount, mounts } from './plan.ts';

/** Filled in by the shell, because the accessor is known only once the auth method is there. */
const ACCESSOR_VARIABLE = '$' + '{ACCESSOR}';

/** A shell script with the policies as HCL. Nothing in it is secret; nothing is asked of Vault to make it. */
export function script(o: SetupOptions): string {
  const enabled = mounts(o).map(enableCommand);
  const accessor = [
    '# The policy of skald-bot names the auth method by its accessor.',
    `ACCESSOR=$(vault auth list -format=json | sed -n '\\|"${o.authMount}/"|,/}/ s/.*"accessor": "\\(.*\\)".*/\\1/p')`,
  ].join('\n');
  const written = items(o, ACCESSOR_VARIABLE).map(command);
  return ['#!/bin/sh\nset -eu', ...enabled, accessor, ...written, ''].join('\n\n');
}

function enableCommand({ section, path, type, description, options, config }: Mount): string {
  const flags = [
    `-path=${path}`,
    `-description=${quoted(description)}`,
    ...(options?.version === undefined ? [] : [`-version=${options.version}`]),
    ...(config?.max_lease_ttl === undefined ? [] : [`-max-lease-ttl=${config.max_lease_ttl}s`]),
  ];
  return `# Leave it out where it is there already.\nvault ${section} enable ${flags.join(' ')} ${type}`;
}

function command(item: Item): string {
  const { what, path, parameters } = item;
  const { policy } = parameters;
  if (typeof policy === 'string') {
    const name = path.slice(path.lastIndexOf('/') + 1);
    // The quotes keep the shell out, but for the one variable of the policy that has it.
    const end = policy.includes(ACCESSOR_VARIABLE) ? 'HCL' : "'HCL'";
    return `# ${what}\nvault policy write ${name} - <<${end}\n${policy}HCL`;
  }
  const note = item.kind === 'once' ? ' (once: leave it out where there is one)' : '';
  if (item.kind === 'setting' && item.secrets !== undefined) {
    // Not the secret itself: each is read from a file that the reader provides.
    const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${quoted(String(value))}`);
    const files = Object.keys(item.secrets).map((name) => `${name}=@${name}`);
    return `# ${what}; reads from the file ${Object.keys(item.secrets).join(', ')} beside it\nvault write ${path} ${[...pairs, ...files].join(' ')}`;
  }
  return `# ${what}${note}\nvault write ${path} - <<'JSON'\n${JSON.stringify(parameters, undefined, 2)}\nJSON`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One line for each object. */
export function line({ what, outcome, differences }: Result): string {
  const which = differences === undefined ? '' : ` (${differences.join(', ')})`;
  return `${outcome.padEnd(9)} ${what}${which}\n`;
}

export function summary(results: readonly Result[], dryRun: boolean): string {
  const count = (outcome: Result['outcome']) => results.filter((one) => one.outcome === outcome).length;
  const text = `${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged`;
  return dryRun ? `Dry run, nothing was written. It would be: ${text}\n` : `${text}\n`;
}
