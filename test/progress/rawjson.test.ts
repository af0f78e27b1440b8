import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../src/base/digest.ts';
import type { BuildEvent } from '../../src/base/events.ts';
import { RawJsonDisplay } from '../../src/progress/rawjson.ts';
import { cached, completed, declare, log, started, status, warning } from './events.ts';

const rawjson = suite('raw JSON');

const digest = `sha256:${'ab'.repeat(32)}`;
const other = digestOf('step');

function lines(events: readonly BuildEvent[]): string[] {
  let text = '';
  const display = new RawJsonDisplay((part) => {
    text += part;
  });
  for (const event of events) display.accept(event);
  return text.replace(/\n$/, '').split('\n');
}

const build = [
  declare(digest, '[1/2] FROM busybox'),
  declare('step', '[2/2] RUN x', [digest]),
  cached(digest, 1),
  started('step', 2),
  log('step', 3, Buffer.from([0xff, 0x00, 0x0a]), 2),
  status('step', 4, 'downloading', 5, 10),
  status('step', 5, 'done', 10),
  completed('step', 1006, 'exit code: 1'),
  warning('old syntax', 2),
  warning('no place'),
];

const expected = [
  `{"vertexes":[{"digest":"${digest}","name":"[1/2] FROM busybox"}]}`,
  `{"vertexes":[{"digest":"${other}","inputs":["${digest}"],"name":"[2/2] RUN x"}]}`,
  `{"vertexes":[{"digest":"${digest}","name":"[1/2] FROM busybox","started":"2024-01-02T03:04:05.001Z","completed":"2024-01-02T03:04:05.001Z","cached":true}]}`,
  `{"vertexes":[{"digest":"${other}","inputs":["${digest}"],"name":"[2/2] RUN x","started":"2024-01-02T03:04:05.002Z"}]}`,
  `{"logs":[{"vertex":"${other}","stream":2,"data":"/wAK","timestamp":"2024-01-02T03:04:05.003Z"}]}`,
  `{"statuses":[{"id":"downloading layer1","vertex":"${other}","total":10,"current":5,"timestamp":"2024-01-02T03:04:05.004Z","started":"2024-01-02T03:04:05.004Z"}]}`,
  `{"statuses":[{"id":"downloading layer1","vertex":"${other}","total":10,"current":10,"timestamp":"2024-01-02T03:04:05.005Z","started":"2024-01-02T03:04:05.004Z","completed":"2024-01-02T03:04:05.005Z"}]}`,
  `{"vertexes":[{"digest":"${other}","inputs":["${digest}"],"name":"[2/2] RUN x","started":"2024-01-02T03:04:05.002Z","completed":"2024-01-02T03:04:06.006Z","error":"exit code: 1"}]}`,
  '{"warnings":[{"level":1,"short":"b2xkIHN5bnRheA==","sourceInfo":{"filename":"Dockerfile","data":"RlJPTSB4ClJVTiB5Cg=="},"range":[{"start":{"line":2,"character":0},"end":{"line":2,"character":4}}]}]}',
  '{"warnings":[{"level":1,"short":"bm8gcGxhY2U="}]}',
];

for (const [index, line] of lines(build).entries()) {
  rawjson(`event ${index + 1}: ${build[index]?.type}`, () => assert.is(line, expected[index]));
}

rawjson('one line for each event', () => assert.is(lines(build).length, expected.length));

rawjson('a log keeps its bytes, also those of a larger buffer', () => {
  const pool = Buffer.from('secret-line-secret');
  const [, line = ''] = lines([
    declare('v', 'v'),
    { type: 'log', vertex: 'v', time: 0, stream: 1, data: pool.subarray(7, 11) },
  ]);
  const { logs } = JSON.parse(line) as { logs: { data: string }[] };
  assert.is(Buffer.from(logs[0]?.data ?? '', 'base64').toString(), 'line');
});

rawjson.run();
