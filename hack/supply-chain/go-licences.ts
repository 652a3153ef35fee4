// Licences of the Go programs of the local cluster and of the tests, which are built here and shipped nowhere.
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ALLOWED } from './licences.ts';

/** Besides those of what is shipped: licences that only bind who distributes. */
const ALLOWED_IN_TOOLS: ReadonlySet<string> = new Set([...ALLOWED, 'MPL-2.0']);

/** Modules under another licence, with the reason why that is no harm. */
export const GO_EXCEPTIONS: Readonly<Record<string, { readonly licence: string; readonly why: string }>> = {
  'github.com/hashicorp/vault': {
    licence: 'BUSL-1.1',
    why: 'a server that tests run on their own machine: no part of the product, offered to nobody, given to nobody',
  },
  'github.com/aliyun/aliyun-oss-go-sdk': {
    licence: 'none',
    why: 'the module brings no licence file, its README says Apache-2.0; linked into that server only',
  },
  'github.com/couchbase/goprotostellar': {
    licence: 'none',
    why: 'the module brings no licence file, its README says Apache-2.0; linked into that server only',
  },
  'github.com/livekit/mageutil': {
    licence: 'none',
    why: "the module brings no licence file; it is for the makefile of LiveKit's server, and linked into nothing",
  },
};

/** The sentences by which each is known. */
const TEXTS: readonly (readonly [string, RegExp])[] = [
  ['BUSL-1.1', /Business Source License/i],
  ['AGPL', /GNU AFFERO GENERAL PUBLIC LICENSE/i],
  ['LGPL', /GNU LESSER GENERAL PUBLIC LICENSE/i],
  ['GPL', /GNU GENERAL PUBLIC LICENSE/i],
  ['MPL-2.0', /Mozilla Public License,? (Version|v\.?) ?2\.0/i],
  ['Apache-2.0', /Apache License,?\s+Version 2\.0/i],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy/i],
  ['ISC', /Permission to use, copy, modify, and(\/or)? distribute this software for any/i],
  [
    'BSD-3-Clause',
    /Redistributions of source code must retain[\s\S]*?(Neither the names? |endorse or promote)/i,
  ],
  ['BSD-2-Clause', /Redistributions of source code must retain/i],
  ['CC0-1.0', /CC0 1\.0 Universal/i],
  ['Unlicense', /This is free and unencumbered software released into the public domain/i],
];

export interface GoModule {
  readonly path: string;
  readonly version: string;
}

export interface GoResult {
  readonly problems: readonly string[];
  /** Modules whose source is on this machine, and was looked at. */
  readonly read: number;
  /** Modules that are not: their programs were built elsewhere, or are in the cache already. */
  readonly absent: number;
}

/** @param folders of go.mod files */
export async function goLicences(folders: readonly string[], cache = moduleCache()): Promise<GoResult> {
  const modules = new Map<string, GoModule>();
  for (const folder of folders) {
    for (const one of requirements(await readFile(join(folder, 'go.mod'), 'utf8'))) {
      modules.set(`${one.path}@${one.version}`, one);
    }
  }
  const problems: string[] = [];
  let absent = 0;
  for (const module of modules.values()) {
    const licence = await licenceOf(cache, module);
    if (licence === 'absent') absent += 1;
    else problems.push(...moduleProblem(module, licence));
  }
  return { problems, read: modules.size - absent, absent };
}

export function moduleProblem({ path }: GoModule, licence: string | undefined): string[] {
  if (ALLOWED_IN_TOOLS.has(licence ?? '') || GO_EXCEPTIONS[path]?.licence === (licence ?? 'none')) return [];
  if (licence === undefined) return [`${path} has no licence that is known`];
  return [`${path} is under ${licence}, which is not on the list`];
}

/** What a go.mod requires, itself or through others. */
export function requirements(goMod: string): GoModule[] {
  const lines = goMod.replace(/\/\/.*$/gm, '').split('\n');
  return lines.flatMap((line) => {
    const [, path, version] =
      /^\s*(?:require\s+)?([a-z0-9][^\s()]*\.[^\s()]+\/?[^\s()]*)\s+(v\d\S*)\s*$/i.exec(line) ?? [];
    return path === undefined || version === undefined ? [] : [{ path, version }];
  });
}

export function licenceIn(text: string): string | undefined {
  const line = text.replace(/\s+/g, ' ');
  // The one that comes first: a licence may speak of others, as MPL does of the GPL.
  const found = TEXTS.flatMap(([name, known]) => {
    const at = line.search(known);
    return at < 0 ? [] : [{ name, at }];
  });
  return found.sort((a, b) => a.at - b.at)[0]?.name;
}

async function licenceOf(cache: string, { path, version }: GoModule): Promise<string | undefined | 'absent'> {
  const folder = join(cache, `${escaped(path)}@${escaped(version)}`);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return 'absent';
  for (const name of names.filter((one) => /^(licen[cs]e|copying|unlicense)/i.test(one)).sort()) {
    const licence = licenceIn(await readFile(join(folder, name), 'utf8').catch(() => ''));
    if (licence !== undefined) return licence;
  }
  return undefined;
}

/** The module cache writes capitals as `!` and the small letter. */
function escaped(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

function moduleCache(): string {
  return (
    process.env.GOMODCACHE ??
    join((process.env.GOPATH ?? '').split(':')[0] || join(homedir(), 'go'), 'pkg/mod')
  );
}
