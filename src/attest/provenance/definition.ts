import { type BytePath, fromBytePath } from '../../base/bytepath.ts';
import type { Digest, Json } from '../../base/digest.ts';
import type { SourceRange } from '../../base/source.ts';
import type { DefinedVertex } from '../../graph/definitions.ts';
import type { Op } from '../../graph/vertex.ts';
import { gitUri, pinnedName } from './dependencies.ts';
import { execOf } from './exec.ts';
import type { BuildFacts } from './facts.ts';

/** A step in the form in which BuildKit writes down its own: an operation, and whose outputs it takes. */
interface Step {
  id: string;
  op: Json;
  inputs?: readonly string[] | undefined;
}

export interface BuildDefinition {
  steps: readonly Step[];
  /** The key of each step that is one of ours, and its name. */
  names: ReadonlyMap<Digest, string>;
  ranges: ReadonlyMap<string, SourceRange>;
}

/** What the steps were, in the words of BuildKit's operations (`source`, `exec`, `file`, `merge`). */
export function definitionOf(facts: BuildFacts): BuildDefinition {
  const made = new Steps(facts);
  for (const step of facts.steps) made.add(step);
  return made;
}

class Steps implements BuildDefinition {
  readonly steps: Step[] = [];
  readonly names = new Map<Digest, string>();
  readonly ranges = new Map<string, SourceRange>();
  readonly #facts: BuildFacts;
  readonly #locals = new Map<string, string>();

  constructor(facts: BuildFacts) {
    this.#facts = facts;
  }

  /** The empty root is no step: who stands on it has no such input. */
  add(step: DefinedVertex): void {
    const { vertex, key, preImage } = step;
    if (vertex.op.kind === 'scratch') return;
    const own = preImage.inputs.map((input) => this.names.get(input as Digest));
    const local = vertex.op.kind === 'copy' && vertex.op.from === 'context' ? this.#local(vertex.scope) : undefined;
    const inputs = local === undefined ? own : [own[0], local, ...own.slice(1)];
    const name = this.#push(this.#operation(step, inputs), inputs);
    this.names.set(key, name);
    if (vertex.display.location !== undefined) this.ranges.set(name, vertex.display.location);
  }

  #push(op: Json, inputs: readonly (string | undefined)[] = []): string {
    const id = `step${this.steps.length}`;
    const named = inputs.flatMap((input) => (input === undefined ? [] : [`${input}:0`]));
    this.steps.push({ id, op, ...(named.length > 0 && { inputs: named }) });
    return id;
  }

  /** A build context is a source of its own. */
  #local(scope = ''): string {
    const name = this.#facts.contextNames.get(scope) ?? 'context';
    const known = this.#locals.get(name) ?? this.#push({ Op: { source: { identifier: `local://${name}` } } });
    this.#locals.set(name, known);
    return known;
  }

  #operation({ vertex }: DefinedVertex, inputs: readonly (string | undefined)[]): Json {
    const { op } = vertex;
    switch (op.kind) {
      case 'image': {
        const [image] = this.#facts.images.get(op.manifest as Digest) ?? [];
        const [os = '', architecture = '', variant] = image?.platform.split('/') ?? [];
        const platform = { OS: os, Architecture: architecture, ...(variant && { Variant: variant }) };
        return { Op: { source: { identifier: image ? pinnedName(image) : String(op.manifest) } }, platform };
      }
      case 'git':
        return { Op: { source: { identifier: `git://${gitUri(op).replace(/^[a-z+]+:\/\//, '')}` } } };
      case 'http':
        return { Op: { source: { identifier: String(op.url) } } };
      case 'run':
        return { Op: { exec: execOf(op, numbered(inputs)) } };
      case 'link':
        return { Op: { merge: { inputs: [0, 1].map((input) => ({ input })) } } };
      case 'workdir':
        return { Op: { file: { actions: [{ Action: { mkdir: directoryOf(op) }, input: numbered(inputs)(0) }] } } };
      default:
        return { Op: { file: { actions: copiesOf(op, numbered(inputs)) } } };
    }
  }
}

/** The place of an input among those that there are; -1 is nothing. */
function numbered(inputs: readonly (string | undefined)[]): (input: number) => number {
  return (input) =>
    inputs[input] === undefined ? -1 : inputs.slice(0, input).filter((one) => one !== undefined).length;
}

function directoryOf({ path, user }: Op) {
  return { path: String(path), mode: 0o755, makeParents: true, ...(user ? { owner: { user: String(user) } } : {}) };
}

/** One action for each source; each works on what the one before has made. */
function copiesOf(op: Op, place: (input: number) => number): Json[] {
  const sources = op.sources as readonly { pattern?: BytePath; name?: BytePath; content?: string; input?: number }[];
  const dest = fromBytePath(String(op.destination));
  return sources.map(({ pattern, name = '', content, input = 1 }, index): Json => {
    const order = { input: index === 0 ? place(0) : index - 1 };
    if (content !== undefined) {
      const path = dest.endsWith('/') ? `${dest}${fromBytePath(name)}` : dest;
      return { Action: { mkfile: { path, mode: 0o644, data: Buffer.from(content).toString('base64') } }, ...order };
    }
    const copy = {
      src: `/${fromBytePath(pattern ?? '').replace(/^\/+/, '')}`,
      dest,
      ...(op.chown === undefined ? {} : { owner: op.chown }),
      ...(op.mode === undefined ? {} : { mode: op.mode }),
      ...(op.exclude === undefined ? {} : { excludePatterns: op.exclude }),
      ...(op.unpack === true && { attemptUnpackDockerCompatibility: true }),
      allowWildcard: true,
      createDestPath: true,
      dirCopyContents: true,
      followSymlink: true,
    } as Json;
    return { Action: { copy }, ...order, secondaryInput: place(op.from === 'context' ? 1 : input) };
  });
}
