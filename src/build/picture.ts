import type { Digest } from '../base/digest.ts';
import { parseStepName } from '../explain/instruction.ts';
import type { DefinedVertex } from '../graph/definitions.ts';
import { forecast } from '../graph/forecast.ts';
import type { Vertex } from '../graph/vertex.ts';
import type { EdgeKind, Picture, PictureEdge, PictureStep, StepOutcome } from '../picture/types.ts';
import { withOfflinePlans } from './offline-plans.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

/** The steps of targets and what leads from one to another; with `cache` also what a build would do with each. */
export function pictureOf(
  targets: readonly BuildTarget[],
  settings: BuildSettings,
  { cache }: { cache: boolean },
): Promise<Picture> {
  return withOfflinePlans(targets, settings, async ({ planned, definitions, shared: { workspace } }) => {
    const ends = new Map<Digest, string[]>();
    const roots: Vertex[] = [];
    for (const outcome of planned) {
      if (outcome.status === 'rejected') throw outcome.reason;
      const { plans, target } = outcome.value;
      for (const { plan } of plans) {
        roots.push(plan.rootfs);
        const { key } = await definitions.of(shownAs(plan.rootfs));
        if (target.name !== undefined) ends.set(key, [...(ends.get(key) ?? []), target.name]);
      }
    }
    await workspace.held;
    const outcomes = new Map<Digest, StepOutcome>();
    if (cache)
      for (const { key, outcome } of await forecast(roots, { definitions, cache: workspace.cache }))
        outcomes.set(key, outcome);
    const all = await definitions.all(roots);
    const keys = new Map(all.map(({ vertex, key }) => [vertex, key]));
    const keyOf = async (vertex: Vertex) => keys.get(vertex) ?? (await definitions.of(vertex)).key;
    const shown = all.filter(({ vertex }) => isShown(vertex));
    const steps = shown.map((defined) => stepOf(defined, ends, outcomes));
    const edges: PictureEdge[] = [];
    for (const { key, vertex } of all) {
      const isLink = vertex.op.kind === 'link';
      const to = isLink ? await keyOf(shownAs(vertex)) : key;
      if (!isLink && !isShown(vertex)) continue;
      for (const [index, input] of vertex.inputs.entries()) {
        const from = shownAs(input);
        if (!isShown(from) || (isLink && index > 0)) continue;
        edges.push({ from: await keyOf(from), to, kind: edgeKind(vertex, index) });
      }
    }
    const known = new Set<string>(steps.map(({ id }) => id));
    const distinct = new Map(edges.map((edge) => [JSON.stringify(edge), edge]));
    return {
      steps: ordered(steps, [...distinct.values()]),
      edges: [...distinct.values()].filter(({ from, to }) => known.has(from) && known.has(to)),
    };
  });
}

/** A COPY --link is shown as the step that makes its layer. */
function shownAs(vertex: Vertex): Vertex {
  return vertex.op.kind === 'link' ? shownAs(vertex.inputs[1] as Vertex) : vertex;
}

function isShown({ op, display }: Vertex): boolean {
  return op.kind !== 'link' && display.internal !== true && !display.name.startsWith('[internal]');
}

function edgeKind({ op: { kind } }: Vertex, index: number): EdgeKind {
  if (index === 0) return 'from';
  return kind === 'run' ? 'mount' : 'copy';
}

function stepOf(
  { key, vertex }: DefinedVertex,
  ends: ReadonlyMap<Digest, readonly string[]>,
  outcomes: ReadonlyMap<Digest, StepOutcome>,
): PictureStep {
  const { group, text } = parseStepName(vertex.display.name);
  return {
    id: key,
    label: text,
    group: group || 'stage',
    kind: vertex.op.kind,
    outcome: outcomes.get(key),
    targets: ends.get(key),
  };
}

/** Each after what it needs: a step that is put on another by a link comes after that, too. */
function ordered(steps: readonly PictureStep[], edges: readonly PictureEdge[]): PictureStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found = new Map<string, PictureStep>();
  const visiting = new Set<string>();
  const visit = (step: PictureStep): void => {
    if (found.has(step.id) || visiting.has(step.id)) return;
    visiting.add(step.id);
    for (const { from, to } of edges) {
      const needed = to === step.id ? byId.get(from) : undefined;
      if (needed !== undefined) visit(needed);
    }
    found.set(step.id, step);
  };
  for (const step of steps) visit(step);
  return [...found.values()];
}
