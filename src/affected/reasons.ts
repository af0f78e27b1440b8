import type { Json } from '../base/digest.ts';
import type { Shared } from '../build/build.ts';
import { contextReasons, treeTexts } from '../build/explain-context.ts';
import { explainTarget } from '../explain/explain.ts';
import { parseStepName } from '../explain/instruction.ts';
import { listed, quoted } from '../explain/show.ts';
import type { ChangeKind, StepState } from '../explain/types.ts';
import type { RecordedGraph } from '../journal/graph-record.ts';
import type { Foreseen, ForeseenGraph } from './foresee.ts';

/** Why a target would be another one than before. */
export interface Reason {
  kind: ChangeKind | 'configuration' | 'definition' | 'error' | 'target';
  /** The step that changed, where it was one. */
  step?: string | undefined;
  /** What has changed: a path, a name, another target. */
  subject?: string | undefined;
  /** One sentence, without a full stop. */
  text: string;
}

export interface Compared {
  name: string;
  now: Foreseen;
  before: Foreseen;
  /** The targets that it is built on, with what they would be. */
  links: ReadonlyMap<string, Foreseen>;
  /** What the past is called. */
  since: string;
}

/** Compares what a target would be with what it would have been: empty where it is the same. */
export function reasonsOf({ name, now, before, links, since }: Compared, shared: Shared): Reason[] {
  if ('error' in now) return [{ kind: 'error', text: `it cannot be built: ${now.error.message}` }];
  if ('error' in before) {
    return [{ kind: 'error', text: `what it was at ${since} is not known: ${before.error.message}` }];
  }
  const reasons = new Map<string, Reason>();
  for (const graph of now.graphs) {
    const was = before.graphs.find((other) => other.graph.platform === graph.graph.platform);
    const found: Reason[] =
      was === undefined
        ? [{ kind: 'platform', subject: graph.graph.platform, text: `it is new for ${graph.graph.platform}` }]
        : graphReasons(name, { now: graph, before: was, links }, shared);
    for (const reason of found) reasons.set(reason.text, reason);
  }
  for (const { graph } of before.graphs) {
    if (now.graphs.some((other) => other.graph.platform === graph.platform)) continue;
    const text = `it is no longer built for ${graph.platform}`;
    reasons.set(text, { kind: 'platform', subject: graph.platform, text });
  }
  return [...reasons.values()];
}

interface Graphs {
  now: ForeseenGraph;
  before: ForeseenGraph;
  links: Compared['links'];
}

function graphReasons(name: string, { now, before, links }: Graphs, shared: Shared): Reason[] {
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const hasSameFiles = rootOf(now.graph) === rootOf(before.graph);
  const hasSameConfig = isSame(now.graph.config, before.graph.config);
  if (hasSameFiles && hasSameConfig && isSame(now.history, before.history)) return [];
  const keys = new Set(before.graph.steps.map(({ key }) => key));
  const { steps, config } = explainTarget({
    name,
    now: now.graph,
    states: new Map(
      now.graph.steps.map(({ key }): [typeof key, StepState] => [key, { outcome: keys.has(key) ? 'hit' : 'miss' }]),
    ),
    before: { graph: before.graph, baseline: { kind: 'target' } },
    treeText: treeTexts(shared.workspace.store.records),
    ignoreReasons: contextReasons(shared.scopes.directories),
  });
  const found = steps.flatMap(({ key, name: step, cause }): Reason[] => {
    if (cause === undefined || cause.step !== undefined) return [];
    const link = [...links].find(
      ([, linked]) => 'graphs' in linked && linked.graphs.some(({ graph }) => has(graph, key)),
    );
    const text = `${step}: ${listed(cause.changes.map((change) => change.text))}`;
    const [{ kind, subject } = { kind: 'other' as const, subject: undefined }] = cause.changes;
    if (link === undefined) return [{ kind, step, subject, text }];
    return [{ kind: 'target', step, subject: link[0], text: `because the target ${link[0]} changed: ${text}` }];
  });
  const changes = config.map(({ subject, text }): Reason => ({ kind: 'configuration', subject, text }));
  const all = [...found, ...changes];
  return all.length > 0 ? all : removals(now, before);
}

function has({ steps }: RecordedGraph, key: string): boolean {
  return steps.some((step) => step.key === key);
}

function rootOf({ steps }: RecordedGraph): string | undefined {
  return steps.at(-1)?.key;
}

/** Where all that is left is as it was: what is not there any more, or is only written differently. */
function removals(now: ForeseenGraph, before: ForeseenGraph): Reason[] {
  const keys = new Set(now.graph.steps.map(({ key }) => key));
  const gone = before.graph.steps.filter(({ key, internal }) => internal !== true && !keys.has(key));
  if (gone.length > 0) {
    const texts = gone.map(({ name }) => quoted(parseStepName(name).text));
    return [
      {
        kind: 'removed',
        text: `${texts.length === 1 ? 'the step' : 'the steps'} ${listed(texts)} ${texts.length === 1 ? 'is' : 'are'} gone`,
      },
    ];
  }
  const [entries, entriesBefore] = [createdBy(now.history), createdBy(before.history)];
  const at = Math.max(
    0,
    Array.from({ length: Math.max(entries.length, entriesBefore.length) }).findIndex(
      (_, index) => entries[index] !== entriesBefore[index],
    ),
  );
  const [entry, was] = [entries[at], entriesBefore[at]];
  if (entry === undefined) return [{ kind: 'instruction', text: `the instruction ${quoted(was ?? '')} is gone` }];
  const what = was === undefined ? 'is new' : `was ${quoted(was)}`;
  return [{ kind: 'instruction', text: `the instruction ${quoted(entry)} ${what}` }];
}

function createdBy(history: Json): (string | undefined)[] {
  const [entries] = history as [readonly { createdBy?: string; entry?: { created_by?: string } }[]];
  return entries.map(({ createdBy: own, entry }) => own ?? entry?.created_by);
}
