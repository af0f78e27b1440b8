import { basename } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { parseStepName } from '../explain/instruction.ts';
import { branchOf } from '../journal/branch.ts';
import type { BuildJournals } from '../journal/builds.ts';
import { keptResult } from '../journal/kept-result.ts';
import { logsOf } from '../journal/logs.ts';
import type { BuildSummary, JournalEvent, JournalStep } from '../journal/types.ts';
import { familiarName, parseReference } from '../oci/reference.ts';
import type { Store } from '../store/open.ts';
import { earlierBuild, pairSteps } from './earlier.ts';
import { lanesOf } from './lanes.ts';
import { LayerSizes } from './layers.ts';
import { outputsOf } from './outputs.ts';
import { criticalPath, whatIf } from './schedule.ts';
import { stepsOf } from './steps.ts';
import type { EarlierBuild, ReportData, ReportStep, StepBefore } from './types.ts';

interface Collecting {
  store: Store;
  journals: BuildJournals;
  /** The build to compare with; the last one of the same targets where absent. */
  against?: string | undefined;
}

/** All that is known of a build, from its journal and from what of its steps is still in the store. */
export function collectReport(id: string, { store, journals, against }: Collecting): ReportData {
  const build = journals.summary(id);
  const events = journals.events(id);
  const known = stepsOf(build, events);
  const ended = build.completed ?? Math.max(build.started, ...events.map(({ time }) => time));
  const timed = timedSteps(known, build.started, build.jobs);
  const earlier = against ?? earlierBuild(journals, build);
  const comparison =
    earlier === undefined ? undefined : compare(known, journals.summary(earlier), new LayerSizes(store));
  const sizes = new LayerSizes(store);
  const outputs = outputsOf(
    new Map(logsOf(id, { records: store.records, journals }).map((log) => [log.vertex, log.log])),
  );
  const steps = known.map((step, at): ReportStep => {
    const { vertex, name, outcome, internal, reason, error } = step;
    const { group, text } = parseStepName(name);
    const result = outcome === 'hit' ? keptResult(store.records, vertex) : undefined;
    return {
      ...(timed.steps[at] as TimedStep),
      key: vertex,
      name,
      stage: group,
      text,
      outcome,
      internal,
      reason,
      error,
      saved: result?.duration,
      made: result?.created,
      layer: sizes.of(step),
      log: outputs.get(vertex),
      before: comparison?.steps.get(step),
    };
  });
  return {
    id,
    title: titleOf(build),
    started: build.started,
    duration: ended - build.started,
    outcome: build.outcome,
    error: build.error,
    targets: build.targets.map(({ name, directory, tags, target }) => ({
      name: name ?? target ?? basename(directory),
      directory,
      tags,
    })),
    images: build.images,
    jobs: timed.jobs,
    branch: build.targets[0] && branchOf(build.targets[0].directory),
    steps,
    critical: timed.critical,
    warnings: warningsIn(events),
    before: comparison?.build,
    omitted: omissions(steps),
    version: packageJson.version,
  };
}

function titleOf({ targets, id }: BuildSummary): string {
  const names = targets.map(
    ({ name, tags, target, directory }) => name ?? shortName(tags[0]) ?? target ?? basename(directory),
  );
  if (names.length > MAX_TITLE) return `${names.slice(0, MAX_TITLE).join(', ')} and ${names.length - MAX_TITLE} more`;
  return names.join(', ') || id;
}

/** `app` of `docker.io/library/app:latest`. */
function shortName(tag: string | undefined): string | undefined {
  return tag === undefined ? undefined : familiarName(parseReference(tag)).replace(/:latest$/, '');
}

/** Names that fit a headline. */
const MAX_TITLE = 3;

type TimedStep = Pick<ReportStep, 'inputs' | 'start' | 'end' | 'lane' | 'saves'>;

interface Timed {
  steps: TimedStep[];
  critical: number[];
  jobs: number;
}

function timedSteps(steps: readonly JournalStep[], began: number, given: number | undefined): Timed {
  const places = new Map(steps.map(({ vertex }, at) => [vertex, at]));
  const tasks = steps.map(({ inputs, started, completed }, at) => ({
    inputs: inputs.map((input) => places.get(input)).filter((input) => input !== undefined && input < at) as number[],
    start: started === undefined ? undefined : Math.max(0, started - began),
    end: started === undefined ? undefined : Math.max(0, (completed ?? started) - began),
  }));
  // Our own work goes beside the steps and takes none of their places.
  const own = new Set(steps.flatMap(({ internal }, at) => (internal ? [at] : [])));
  const instructions = tasks.map((task, at) => (own.has(at) ? { inputs: [] } : task));
  const jobs = given ?? Math.max(1, ...lanesOf(instructions).map((lane = 0) => lane + 1));
  const saves = whatIf(instructions, jobs);
  const lanes = lanesOf(tasks, own);
  return {
    steps: tasks.map((task, at) => ({ ...task, lane: lanes[at], saves: saves.get(at) })),
    critical: criticalPath(instructions, firstFailed(steps)),
    jobs,
  };
}

/** The place of the step at which the build ended. */
function firstFailed(steps: readonly JournalStep[]): number | undefined {
  const failed = [...steps.keys()].filter((at) => steps[at]?.outcome === 'failed');
  const ended = (at: number) => steps[at]?.completed ?? Number.POSITIVE_INFINITY;
  return failed.length === 0 ? undefined : failed.reduce((first, at) => (ended(at) < ended(first) ? at : first));
}

function compare(
  now: readonly JournalStep[],
  earlier: BuildSummary,
  sizes: LayerSizes,
): { build: EarlierBuild; steps: Map<JournalStep, StepBefore> } {
  const shown = earlier.steps.filter(({ internal }) => !internal);
  const pairs = pairSteps(
    now.filter(({ internal }) => !internal),
    shown,
  );
  const taken = new Set(pairs.values());
  const { id, started, completed = started } = earlier;
  const gone = shown.filter((step) => !taken.has(step));
  return {
    build: {
      id,
      started,
      duration: completed - started,
      gone: gone.map((step) => ({ name: step.name, outcome: step.outcome, duration: durationOf(step) })),
    },
    steps: new Map(
      [...pairs].map(([step, before]) => [
        step,
        { outcome: before.outcome, duration: durationOf(before), bytes: sizes.of(before)?.bytes },
      ]),
    ),
  };
}

function durationOf({ started, completed }: JournalStep): number | undefined {
  return started === undefined || completed === undefined ? undefined : completed - started;
}

function warningsIn(events: readonly JournalEvent[]): ReportData['warnings'] {
  return events.flatMap((event) =>
    event.type === 'warning' ? [{ message: event.message, rule: event.rule, line: event.line }] : [],
  );
}

function omissions(steps: readonly ReportStep[]): string[] {
  const cut = steps.filter(({ log }) => log?.cut !== undefined);
  const bytes = cut.reduce((sum, { log }) => sum + (log?.cut?.bytes ?? 0), 0);
  if (cut.length === 0) return [];
  const what = cut.length === 1 ? 'one step' : `${cut.length} steps`;
  return [`${bytes} bytes of the output of ${what} are left out; \`tsbuild builds logs\` shows all that is kept`];
}
