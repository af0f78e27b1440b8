import type { ReportData, ReportStep } from './types.ts';

type TraceEvent = { name: string; ph: string; pid: number; tid: number; ts?: number } & Record<string, unknown>;

const PID = 1;
/** Lanes are threads from here on; what came from the cache is marked on one before them. */
const CACHE_THREAD = 1;
const FIRST_LANE = 2;

/**
 * The build in the Trace Event Format that Perfetto and chrome://tracing open: times in microseconds since its
 * beginning, a thread for each lane, an arrow (flow) from each step to those that needed it.
 */
export function chromeTrace(report: ReportData): { traceEvents: TraceEvent[]; [field: string]: unknown } {
  const lanesOf = (steps: readonly ReportStep[]) => Math.max(0, ...steps.map(({ lane = -1 }) => lane + 1));
  const lanes = lanesOf(report.steps);
  const instructions = lanesOf(report.steps.filter(({ internal }) => !internal));
  const nameOf = (lane: number) =>
    lane < instructions ? `lane ${lane + 1}` : `reading, packing, exporting ${lane - instructions + 1}`;
  return {
    displayTimeUnit: 'ms',
    otherData: { build: report.id, outcome: report.outcome, tsbuild: report.version },
    traceEvents: [
      { name: 'process_name', ph: 'M', pid: PID, tid: CACHE_THREAD, args: { name: `tsbuild ${report.title}` } },
      ...threadNames(CACHE_THREAD, 'from the cache'),
      ...Array.from({ length: lanes }, (_, lane) => threadNames(FIRST_LANE + lane, nameOf(lane))).flat(),
      ...report.steps.flatMap((step) => stepEvents(step, report)),
      ...flows(report.steps),
    ],
  };
}

/** Viewers sort threads by what each likes, unless they are told. */
function threadNames(tid: number, name: string): TraceEvent[] {
  const common = { ph: 'M', pid: PID, tid };
  return [
    { ...common, name: 'thread_name', args: { name } },
    { ...common, name: 'thread_sort_index', args: { sort_index: tid } },
  ];
}

function stepEvents(step: ReportStep, { critical, steps }: ReportData): TraceEvent[] {
  const { name, outcome, reason, error, layer, saves, saved, internal, start, end } = step;
  const cat = internal ? 'internal' : 'step';
  if (start === undefined || end === undefined) {
    const args = { outcome, saved_ms: saved };
    return outcome === 'hit' ? [{ name, cat, ph: 'i', s: 't', pid: PID, tid: CACHE_THREAD, ts: 0, args }] : [];
  }
  const args = {
    outcome,
    reason,
    error,
    layer_bytes: layer?.bytes,
    critical: critical.includes(steps.indexOf(step)) || undefined,
    saves_if_cached_ms: saves,
  };
  return [{ name, cat, ph: 'X', pid: PID, tid: threadOf(step), ts: micros(start), dur: micros(end - start), args }];
}

/** An arrow starts inside the slice that it belongs to and ends where the next one begins. */
function flows(steps: readonly ReportStep[]): TraceEvent[] {
  const events: TraceEvent[] = [];
  let id = 0;
  for (const step of steps) {
    for (const input of step.inputs.map((at) => steps[at] as ReportStep)) {
      if (step.start === undefined || input.start === undefined || input.end === undefined) continue;
      id++;
      const common = { name: 'needs', cat: 'dependency', pid: PID, id };
      const from = Math.max(micros(input.start), micros(input.end) - 1);
      events.push(
        { ...common, ph: 's', tid: threadOf(input), ts: from },
        { ...common, ph: 'f', bp: 'e', tid: threadOf(step), ts: micros(step.start) },
      );
    }
  }
  return events;
}

function threadOf({ lane = 0 }: ReportStep): number {
  return FIRST_LANE + lane;
}

function micros(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}
