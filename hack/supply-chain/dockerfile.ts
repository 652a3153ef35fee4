// What the Dockerfile promises: bases that whoever builds can pin, nothing fetched past the package managers, no root.

/** Stages that go to users. */
const SHIPPED = ['skald', 'skald-speech'];

/** @returns one sentence for each promise that is broken */
export function dockerfileProblems(text: string): string[] {
  const lines = instructions(text);
  const args = new Set(lines.flatMap(({ name, rest }) => (name === 'ARG' ? [rest.split('=')[0] ?? ''] : [])));
  const stages = new Map<string, Instruction[]>();
  const problems: string[] = [];
  let current: Instruction[] = [];
  for (const line of lines) {
    if (line.name === 'FROM') {
      const [, base = '', stage = ''] = /^(\S+)(?:\s+AS\s+(\S+))?/i.exec(line.rest) ?? [];
      const argument = /^\$\{(\w+)\}$/.exec(base)?.[1];
      const pinned = /@sha256:[0-9a-f]{64}$/.test(base);
      if (
        !(base === 'scratch' || stages.has(base) || pinned || (argument !== undefined && args.has(argument)))
      ) {
        problems.push(
          `FROM ${base}: a base is an ARG, so that a build can pin it by digest, or has its digest here`,
        );
      }
      current = [];
      stages.set(stage, current);
    } else current.push(line);
    if (line.name === 'ADD') problems.push(`ADD ${line.rest}: it may fetch and unpack; COPY does neither`);
    if (line.name === 'RUN' && /\b(curl|wget)\b|https?:/.test(line.rest))
      problems.push(`RUN fetches: ${line.rest}`);
  }
  for (const name of SHIPPED) {
    const stage = stages.get(name);
    if (stage === undefined) {
      problems.push(`there is no stage ${name}`);
      continue;
    }
    const user = stage.findLast((line) => line.name === 'USER')?.rest;
    if (!/^[1-9]\d*:[1-9]\d*$/.test(user ?? ''))
      problems.push(`${name} runs as ${user ?? 'root'}: give a number above 0`);
    if (!stage.some((line) => line.name === 'ENTRYPOINT' && line.rest.startsWith('["/app/node"'))) {
      problems.push(`${name} has no ENTRYPOINT that starts the program without a shell`);
    }
    for (const { name: instruction, rest } of stage) {
      if (/^(RUN|CMD)$/.test(instruction) && !rest.startsWith('['))
        problems.push(`${name}: ${instruction} ${rest} needs a shell`);
    }
  }
  return problems;
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

function instructions(text: string): Instruction[] {
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, name, rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
      return name === undefined ? [] : [{ name, rest: rest.trim() }];
    });
}
