import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chromeTrace } from '../../src/report/chrome-trace.ts';
import { otlpTrace } from '../../src/report/otlp.ts';
import type { ReportData, ReportStep } from '../../src/report/types.ts';

const test = suite('a build for other programs');

function step(name: string, more: Partial<ReportStep>): ReportStep {
  return { name, stage: 'build', text: name, outcome: 'ran', key: name, inputs: [], ...more };
}

const REPORT: ReportData = {
  id: '20260102-030405006-abcd',
  title: 'app',
  started: 1_767_323_045_006,
  duration: 900,
  outcome: 'failed',
  error: 'it failed',
  targets: [{ name: 'app', directory: '/app', tags: ['docker.io/library/app:1.0'] }],
  images: [],
  jobs: 2,
  branch: 'main',
  steps: [
    step('base', { outcome: 'hit', saved: 70 }),
    step('first', { inputs: [0], start: 10, end: 410.5, lane: 0, saves: 300, reason: 'src/a has other content' }),
    step('other', { inputs: [0], start: 20, end: 120, lane: 1 }),
    step('last', { inputs: [1, 2], start: 411, end: 880, lane: 0, outcome: 'failed', error: 'exit code: 1' }),
    step('reading', { start: 0, end: 5, lane: 2, internal: true }),
  ],
  critical: [1, 3],
  warnings: [],
  omitted: [],
  version: '1.2.3',
};

test('a Chrome trace has a slice for each step on the thread of its lane, and arrows that begin and end in them', () => {
  const { traceEvents } = chromeTrace(REPORT);
  const slices = traceEvents.filter(({ ph }) => ph === 'X');
  assert.equal(
    slices.map(({ name, tid, ts, dur }) => [name, tid, ts, dur]),
    [
      ['first', 2, 10_000, 400_500],
      ['other', 3, 20_000, 100_000],
      ['last', 2, 411_000, 469_000],
      ['reading', 4, 0, 5_000],
    ],
  );
  assert.equal(slices[0]?.args, {
    outcome: 'ran',
    reason: 'src/a has other content',
    error: undefined,
    layer_bytes: undefined,
    critical: true,
    saves_if_cached_ms: 300,
  });
  const within = ({ tid, ts = 0 }: { tid: number; ts?: number }) =>
    slices.find((slice) => slice.tid === tid && ts >= (slice.ts ?? 0) && ts < (slice.ts ?? 0) + Number(slice.dur))
      ?.name;
  const arrows = traceEvents.filter(({ ph }) => ph === 's');
  assert.equal(
    arrows.map((arrow) => {
      const end = traceEvents.find(({ ph, id }) => ph === 'f' && id === arrow.id);
      return [within(arrow), end && within(end), end?.bp];
    }),
    [
      ['first', 'last', 'e'],
      ['other', 'last', 'e'],
    ],
  );
  assert.equal(
    traceEvents.filter(({ ph }) => ph === 'i').map(({ name, args }) => [name, args]),
    [['base', { outcome: 'hit', saved_ms: 70 }]],
  );
  const said = (what: string, field: string) =>
    traceEvents
      .filter(({ name }) => name === what)
      .map(({ tid, args }) => [tid, (args as Record<string, unknown>)[field]]);
  assert.equal(said('thread_name', 'name'), [
    [1, 'from the cache'],
    [2, 'lane 1'],
    [3, 'lane 2'],
    [4, 'reading, packing, exporting 1'],
  ]);
  assert.equal(
    said('thread_sort_index', 'sort_index'),
    [1, 2, 3, 4].map((tid) => [tid, tid]),
  );
});

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
  status: { code: number; message?: string };
}

function spansOf(trace: unknown): Span[] {
  const { resourceSpans } = trace as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

test('an OTLP trace has the build as a span and each step below it, linked to what it needed', () => {
  const [root, ...steps] = spansOf(JSON.parse(JSON.stringify(otlpTrace(REPORT)))) as [Span, ...Span[]];
  for (const { traceId, spanId } of [root, ...steps]) {
    assert.match(traceId, /^[0-9a-f]{32}$/);
    assert.match(spanId, /^[0-9a-f]{16}$/);
  }
  assert.is(new Set([root, ...steps].map(({ spanId }) => spanId)).size, 6);
  assert.is(root.parentSpanId, undefined);
  assert.ok(steps.every(({ parentSpanId, traceId }) => parentSpanId === root.spanId && traceId === root.traceId));
  assert.equal(
    steps[3]?.links?.map(({ spanId }) => spanId),
    [steps[1]?.spanId, steps[2]?.spanId],
  );
  assert.is(root.startTimeUnixNano, '1767323045006000000');
  assert.is(steps[1]?.endTimeUnixNano, '1767323045416500000');
  assert.equal(root.status, { code: 2, message: 'it failed' });
  assert.equal(steps[3]?.status, { code: 2, message: 'exit code: 1' });
  const value = (span: Span | undefined, key: string) => span?.attributes.find((one) => one.key === key)?.value;
  assert.equal(value(root, 'cicd.pipeline.result'), { stringValue: 'failure' });
  assert.equal(value(root, 'container.image.name'), { stringValue: 'docker.io/library/app' });
  assert.equal(value(root, 'container.image.tags'), { arrayValue: { values: [{ stringValue: '1.0' }] } });
  assert.equal(value(root, 'tsbuild.jobs'), { intValue: '2' });
  assert.equal(value(steps[0], 'cicd.pipeline.task.run.result'), { stringValue: 'skip' });
  assert.equal(value(steps[0], 'tsbuild.step.cached'), { boolValue: true });
  assert.equal(otlpTrace(REPORT), otlpTrace(REPORT));
});

test.run();
