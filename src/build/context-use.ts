import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BytePath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { parseIgnoreFile } from '../base/ignore.ts';
import { ContextTree } from '../context/context-tree.ts';
import { parseBuildFile } from '../frontend/parse.ts';
import { targetsOf } from '../frontend/targets.ts';
import type { Vertex } from '../graph/vertex.ts';
import { walkTree } from '../snapshot/tree.ts';
import type { PlannedTarget, Shared } from './build.ts';
import { provenRules } from './context-proposal.ts';
import type { ContextFile, ContextUse, UsedContext } from './context-usage.ts';
import { type BuildInput, readInput } from './input.ts';
import { withOfflinePlans } from './offline-plans.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

/** Finds what the stages of a target read of its context: of all stages, where it names none. Executes nothing. */
export async function contextUse(target: BuildTarget, settings: BuildSettings): Promise<UsedContext> {
  const input = readInput(target);
  const stages = targetsOf(parseBuildFile(input.source)).map((_, index) => String(index));
  const wanted = (target.target === undefined ? stages : [target.target]).map((stage) => ({
    ...target,
    target: stage,
  }));
  return withOfflinePlans(wanted, settings, async ({ planned, shared, unknownImages }) => {
    const uses = new Map<string, ContextUse>();
    for (const outcome of planned) {
      if (outcome.status === 'rejected') throw outcome.reason;
      for (const use of await usesOf(outcome.value, shared)) uses.set(JSON.stringify([use.step, use.location]), use);
    }
    const found = { input, files: filesOf(input), uses: [...uses.values()] };
    const proposal = await provenRules(found, shared.workspace.state);
    return { ...found, ignoreFile: ignoreFileOf(input, target), unknownImages: [...unknownImages], proposal };
  });
}

function ignoreFileOf({ directory }: BuildInput, { file }: BuildTarget): string {
  const own = file === undefined ? join(directory, 'Dockerfile.dockerignore') : `${resolve(file)}.dockerignore`;
  return existsSync(own) ? own : join(directory, '.dockerignore');
}

function filesOf({ directory, ignoreText }: BuildInput): ContextFile[] {
  const files: ContextFile[] = [];
  walkTree(new ContextTree(directory, parseIgnoreFile(ignoreText)), '', (path, { type, size }) => {
    const known = type === 'file' || type === 'directory' || type === 'symlink' ? type : 'other';
    files.push({ path, type: known, size: type === 'file' ? size : 0 });
  });
  return files;
}

async function usesOf({ plans, input }: PlannedTarget, { scopes }: Shared): Promise<ContextUse[]> {
  const uses: ContextUse[] = [];
  const seen = new Set<Vertex>();
  const visit = async (vertex: Vertex, step: string): Promise<void> => {
    if (seen.has(vertex)) return;
    seen.add(vertex);
    for (const next of vertex.inputs) await visit(next, vertex.display.name);
    const { kind, from, sources, parents, exclude } = vertex.op as unknown as CopyFields;
    if (kind !== 'copy' || from !== 'context') return;
    const patterns = sources.flatMap(({ pattern, input: fetched }) =>
      pattern === undefined || fetched ? [] : [pattern],
    );
    if (patterns.length === 0 || scopes.directories.get(vertex.scope ?? '')?.directory !== input.directory) return;
    const selection = await scopes.of(vertex).source.select({ patterns, parents, exclude });
    const paths = Array.from(selection.items, ({ source, path }) =>
      joinBytePath(selection.sources[source]?.path ?? '', path),
    );
    const { name, location, source } = vertex.display;
    const isMount = name.startsWith('[internal]');
    const all = new Set([...paths, ...selection.sources.map(({ path }) => path)]);
    const request = { patterns, parents, exclude };
    uses.push({ step: isMount ? step : name, source, location, paths: all, request, digest: selection.digest });
  };
  for (const { plan } of plans) await visit(plan.rootfs, '');
  return uses;
}

interface CopyFields {
  kind: string;
  from: string;
  sources: readonly { pattern?: BytePath; input?: number }[];
  parents?: boolean;
  exclude?: readonly BytePath[];
}

/** Whether a path is there, and which rule hides it where one does. */
export function visibility({ input }: UsedContext, path: string) {
  const tree = new ContextTree(input.directory, input.rules);
  const bytes = toBytePath(path);
  const entry = tree.lookup(bytes);
  const scope = input.rules.at(bytes);
  if (entry !== undefined) return { state: 'seen' as const, type: entry.type };
  if (tree.hides(bytes)) return { state: 'hidden' as const, rule: scope.decidedBy };
  return { state: 'missing' as const };
}
