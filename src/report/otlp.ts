import { createHash } from 'node:crypto';
import { parseReference, repositoryName } from '../oci/reference.ts';
import type { ReportData, ReportStep } from './types.ts';

interface Attribute {
  key: string;
  value: Value;
}

type Value =
  | { stringValue: string }
  | { intValue: string }
  | { boolValue: boolean }
  | { arrayValue: { values: { stringValue: string }[] } };

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  links?: { traceId: string; spanId: string }[];
  status: { code: number; message?: string | undefined };
}

/** The conventions want a run to be a server's span; its tasks are internal. */
const KIND = { internal: 1, server: 2 } as const;
const STATUS = { unset: 0, ok: 1, error: 2 } as const;

/**
 * The build as a trace in OTLP's JSON: one span for the build, below it one for each step that was executed or came
 * from the cache, linked to those that it needed. Attributes are those of the conventions for CI/CD and containers
 * where they have one, else `tsbuild.*`. The same build gives the same ids.
 */
export function otlpTrace(report: ReportData): unknown {
  const traceId = hash(`trace ${report.id}`, 32);
  const ids = report.steps.map((_, at) => hash(`${report.id} ${at}`, 16));
  const root = buildSpan(report, traceId);
  const steps = report.steps.map((step, at) => ({
    ...stepSpan(step, report),
    traceId,
    spanId: ids[at] as string,
    parentSpanId: root.spanId,
    links: step.inputs.map((input) => ({ traceId, spanId: ids[input] as string })),
  }));
  return {
    resourceSpans: [
      {
        resource: {
          attributes: attributes({ 'service.name': 'tsbuild', 'service.version': report.version }),
        },
        scopeSpans: [{ scope: { name: 'tsbuild', version: report.version }, spans: [root, ...steps] }],
      },
    ],
  };
}

const RESULTS = { done: 'success', failed: 'failure', cancelled: 'cancellation', interrupted: 'error' } as const;

function buildSpan(report: ReportData, traceId: string): Span {
  const tags = report.targets.flatMap((target) => target.tags);
  const ran = report.steps.filter(({ internal }) => !internal);
  return {
    traceId,
    spanId: hash(`build ${report.id}`, 16),
    name: `BUILD ${report.title}`,
    kind: KIND.server,
    ...times(report, 0, report.duration),
    attributes: attributes({
      'cicd.pipeline.action.name': 'BUILD',
      'cicd.pipeline.name': report.title,
      'cicd.pipeline.run.id': report.id,
      'cicd.pipeline.result': RESULTS[report.outcome],
      'error.type': report.outcome === 'done' ? undefined : report.outcome,
      'vcs.ref.head.name': report.branch,
      'container.image.name': tags[0] && repositoryName(parseReference(tags[0])),
      'container.image.tags': tags.length === 0 ? undefined : tags.flatMap((tag) => parseReference(tag).tag ?? []),
      'container.image.id': report.images[0],
      'tsbuild.jobs': report.jobs,
      'tsbuild.steps.total': ran.length,
      'tsbuild.steps.cached': ran.filter(({ outcome }) => outcome === 'hit').length,
    }),
    status: report.outcome === 'done' ? { code: STATUS.ok } : { code: STATUS.error, message: report.error },
  };
}

const STEP_RESULTS = {
  hit: 'skip',
  ran: 'success',
  failed: 'failure',
  cancelled: 'cancellation',
  running: 'error',
} as const;

function stepSpan(step: ReportStep, report: ReportData): Omit<Span, 'traceId' | 'spanId'> {
  const { name, stage, text, outcome, key, reason, error, layer, saved, internal, start = 0, end = start } = step;
  return {
    name,
    kind: KIND.internal,
    ...times(report, start, end),
    attributes: attributes({
      'cicd.pipeline.task.name': text,
      'cicd.pipeline.task.run.id': `${report.id}/${key}`,
      'cicd.pipeline.task.run.result': STEP_RESULTS[outcome],
      'cicd.pipeline.task.type': 'build',
      'error.type': outcome === 'failed' ? 'step' : undefined,
      'tsbuild.step.stage': stage || undefined,
      'tsbuild.step.cached': outcome === 'hit',
      'tsbuild.step.internal': internal,
      'tsbuild.step.reason': reason,
      'tsbuild.step.saved_ms': saved,
      'tsbuild.layer.bytes': layer?.bytes,
      'tsbuild.layer.files': layer?.files,
    }),
    status: outcome === 'failed' ? { code: STATUS.error, message: error } : { code: STATUS.unset },
  };
}

function times({ started }: ReportData, start: number, end: number) {
  return { startTimeUnixNano: nanos(started + start), endTimeUnixNano: nanos(started + end) };
}

/** More digits than a number holds. */
function nanos(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}

type Plain = string | number | boolean | readonly string[] | undefined;

function attributes(values: Readonly<Record<string, Plain>>): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: asValue(value) }],
  );
}

function asValue(value: NonNullable<Plain>): Value {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { intValue: String(Math.round(value)) };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
