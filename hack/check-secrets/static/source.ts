/** A TypeScript file as far as the rules look at it: what it imports, which names and texts it holds, what it calls. */
import { posix } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

export interface Import {
  /** Path from the tree's root for the tree's own files, else the package. */
  readonly from: string;
  /** Names as exported there; `*` for all of them or for `import()`. */
  readonly names: readonly string[];
  /** Types only: nothing of it is there at run time. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Mention {
  readonly text: string;
  readonly line: number;
}

export interface SourceFile {
  /** From the tree's root, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Identifiers, each with the first line that has it. */
  readonly names: ReadonlyMap<string, number>;
  /** String literals and the fixed parts of templates. */
  readonly texts: readonly Mention[];
  /** Names of methods that are called: `a.b.decrypt(…)`, `a['decrypt'](…)` and `a?.decrypt(…)` are `decrypt`. */
  readonly calls: readonly Mention[];
}

/** @throws when the file is no TypeScript */
export function readSource(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const names = new Map<string, number>();
  const texts: Mention[] = [];
  const calls: Mention[] = [];
  const lineOf = lineFinder(text);
  const program: unknown = parseAst(text, { lang: 'ts', sourceType: 'module' });
  walk(program, (node) => {
    const line = lineOf(node.start);
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (isText(node.source)) imports.push({ ...importOf(node, path, node.source.value), line });
        break;
      case 'ImportExpression':
        // One whose target is computed cannot be followed: that is a finding of its own.
        imports.push({
          from: isText(node.source) ? resolve(path, node.source.value) : '(computed)',
          names: ['*'],
          typeOnly: false,
          line,
        });
        break;
      case 'Identifier':
        if (typeof node.name === 'string' && !names.has(node.name)) names.set(node.name, line);
        break;
      case 'Literal':
        if (typeof node.value === 'string') texts.push({ text: node.value, line });
        break;
      case 'TemplateElement':
        if (isNode(node.value) && typeof node.value.cooked === 'string')
          texts.push({ text: node.value.cooked, line });
        break;
      case 'CallExpression': {
        const name = calledName(node.callee);
        if (name !== undefined) calls.push({ text: name, line });
        break;
      }
    }
  });
  return { path, imports, names, texts, calls };
}

interface Node {
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is { readonly value: string } {
  return isNode(value) && typeof value.value === 'string';
}

function walk(value: unknown, visit: (node: Node & { readonly start: number }) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
    return;
  }
  if (!isNode(value)) return;
  if (typeof value.type === 'string' && typeof value.start === 'number')
    visit({ ...value, start: value.start });
  for (const item of Object.values(value)) if (isNode(item)) walk(item, visit);
}

function importOf(node: Node, path: string, from: string): Omit<Import, 'line'> {
  const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
  const all = node.type === 'ExportAllDeclaration';
  const kept = specifiers.filter(
    ({ importKind, exportKind }) => importKind !== 'type' && exportKind !== 'type',
  );
  const whole = node.importKind === 'type' || node.exportKind === 'type';
  // `import './x.ts'` has an effect and no names.
  const bare = node.type === 'ImportDeclaration' && specifiers.length === 0;
  return {
    from: resolve(path, from),
    names: all ? ['*'] : specifiers.map(nameOf),
    typeOnly: whole || (!all && !bare && kept.length === 0),
  };
}

function nameOf(specifier: Node): string {
  const exported = specifier.imported ?? specifier.local;
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  return isNode(exported) && typeof exported.name === 'string' ? exported.name : 'default';
}

function calledName(callee: unknown): string | undefined {
  if (!isNode(callee)) return undefined;
  if (callee.type === 'ChainExpression') return calledName(callee.expression);
  if (callee.type !== 'MemberExpression' || !isNode(callee.property)) return undefined;
  const { name, value } = callee.property;
  if (typeof value === 'string') return value;
  return typeof name === 'string' ? name : undefined;
}

function resolve(path: string, from: string): string {
  return from.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), from)) : from;
}

function lineFinder(text: string): (at: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (at) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
