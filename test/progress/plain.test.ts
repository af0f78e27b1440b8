import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BuildEvent } from '../../src/base/events.ts';
import { PlainDisplay } from '../../src/progress/plain.ts';
import { cached, completed, declare, feed, log, start, started, status, warning } from './events.ts';

const plain = suite('plain lines');

type Moment = BuildEvent | { tick: number };

function print(moments: readonly Moment[], end = 60_000): string[] {
  let text = '';
  const display = new PlainDisplay((part) => {
    text += part;
  });
  for (const moment of moments) {
    if ('tick' in moment) display.tick(start + moment.tick);
    else display.accept(moment);
  }
  display.close(start + end);
  return text.replace(/\n$/, '').split('\n');
}

const two = [declare('a', '[a 1/2] RUN one'), declare('b', '[b 1/2] RUN two', ['a'])];

const cases: [name: string, moments: Moment[], lines: string[]][] = [
  [
    'a build from beginning to end',
    [
      declare('d', '[internal] load build definition from Dockerfile'),
      started('d', 0),
      completed('d', 20),
      declare('f', '[1/3] FROM busybox'),
      declare('c', '[2/3] COPY . .', ['f']),
      declare('r', '[3/3] RUN npm ci', ['c']),
      cached('f', 30),
      cached('c', 31),
      started('r', 40),
      log('r', 352, 'added 1 package\n'),
      log('r', 353, 'npm notice\n', 2),
      completed('r', 1240),
    ],
    [
      '#1 [internal] load build definition from Dockerfile',
      '#1 DONE 0.0s',
      '',
      '#2 [1/3] FROM busybox',
      '#2 CACHED',
      '',
      '#3 [2/3] COPY . .',
      '#3 CACHED',
      '',
      '#4 [3/3] RUN npm ci',
      '#4 0.312 added 1 package',
      '#4 0.313 npm notice',
      '#4 DONE 1.2s',
    ],
  ],
  [
    'a vertex that never starts is not mentioned',
    [...two, started('a', 0), completed('a', 0)],
    ['#1 [a 1/2] RUN one', '#1 DONE 0.0s'],
  ],
  [
    'a failed and a cancelled step',
    [...two, started('a', 0), started('b', 0), completed('a', 5, 'exit code: 1'), completed('b', 6, 'cancelled')],
    ['#1 [a 1/2] RUN one', '#1 ERROR: exit code: 1', '', '#2 [b 1/2] RUN two', '#2 CANCELED'],
  ],
  [
    'a step that ends while another prints: the other goes on below its header',
    [
      ...two,
      started('a', 0),
      log('a', 1, 'a1\n'),
      started('b', 1),
      log('b', 2, 'b1\n'),
      completed('b', 3),
      log('a', 4, 'a2\n'),
      completed('a', 5),
    ],
    [
      '#1 [a 1/2] RUN one',
      '#1 0.001 a1',
      '#1 ...',
      '',
      '#2 [b 1/2] RUN two',
      '#2 0.001 b1',
      '#2 DONE 0.0s',
      '',
      '#1 [a 1/2] RUN one',
      '#1 0.004 a2',
      '#1 DONE 0.0s',
    ],
  ],
  [
    'output of another step waits for the end of the one that is printed',
    [
      ...two,
      started('a', 0),
      started('b', 0),
      log('b', 1, 'b1\n'),
      log('a', 2, 'a1\n'),
      completed('a', 4),
      log('b', 5, 'b2\n'),
      completed('b', 6),
    ],
    [
      '#1 [a 1/2] RUN one',
      '#1 0.002 a1',
      '#1 DONE 0.0s',
      '',
      '#2 [b 1/2] RUN two',
      '#2 0.001 b1',
      '#2 0.005 b2',
      '#2 DONE 0.0s',
    ],
  ],
  [
    'output does not wait longer than three seconds',
    [
      ...two,
      started('a', 0),
      started('b', 0),
      log('b', 1, 'b1\n'),
      { tick: 2900 },
      log('a', 2950, 'a1\n'),
      { tick: 3001 },
      log('b', 3002, 'b2\n'),
    ],
    ['#1 [a 1/2] RUN one', '#1 2.950 a1', '#1 ...', '', '#2 [b 1/2] RUN two', '#2 0.001 b1', '#2 3.002 b2'],
  ],
  [
    'an unfinished line waits for its end, at most three seconds',
    [
      ...two,
      started('a', 0),
      log('a', 10, 'proceed? '),
      { tick: 2000 },
      { tick: 3010 },
      log('a', 4000, 'yes\nthe '),
      log('a', 4100, 'end'),
      completed('a', 4200),
    ],
    ['#1 [a 1/2] RUN one', '#1 3.010 proceed? ', '#1 4.000 yes', '#1 4.200 the end', '#1 DONE 4.2s'],
  ],
  [
    'a progress bar is one line',
    [...two, started('a', 0), log('a', 1, '10%\r20%\r'), log('a', 2, '100%\r\n'), completed('a', 3)],
    ['#1 [a 1/2] RUN one', '#1 0.002 100%', '#1 DONE 0.0s'],
  ],
  [
    'colours pass, other control characters do not',
    [
      ...two,
      started('a', 0),
      log('a', 1, '\u001b[31mred\u001b[0m\u001b[2J\u0007\u0000\n'),
      log('a', 2, Buffer.from([0xff, 0x0a])),
    ],
    ['#1 [a 1/2] RUN one', '#1 0.001 \u001b[31mred\u001b[0m', '#1 0.002 \ufffd'],
  ],
  [
    'a hostile name cannot steer the terminal',
    [declare('a', 'RUN \u001b]0;title\u0007echo\nhi\u001b[31m'), started('a', 0), completed('a', 0)],
    ['#1 RUN echo hi', '#1 DONE 0.0s'],
  ],
  [
    'a download is mentioned when it starts, now and then, and when it ends',
    [
      ...two,
      started('a', 0),
      status('a', 0, 'downloading', 0, 10_000_000),
      status('a', 1000, 'downloading', 1_000_000, 10_000_000),
      status('a', 5000, 'downloading', 5_000_000, 10_000_000),
      status('a', 7000, 'downloading', 10_000_000, 10_000_000),
      status('a', 7001, 'extracting', 0),
      status('a', 7500, 'done', 0),
      status('a', 7501, 'done', 0),
      completed('a', 7600),
    ],
    [
      '#1 [a 1/2] RUN one',
      '#1 downloading layer1 0B / 10.00MB',
      '#1 downloading layer1 5.00MB / 10.00MB 5.0s',
      '#1 downloading layer1 10.00MB / 10.00MB 7.0s done',
      '#1 extracting layer1',
      '#1 extracting layer1 0.5s done',
      '#1 DONE 7.6s',
    ],
  ],
  [
    'events after the end of a vertex change nothing',
    [...two, cached('a', 1), completed('a', 2), warning('not here')],
    ['#1 [a 1/2] RUN one', '#1 CACHED'],
  ],
  [
    'an interrupted build shows what was held',
    [...two, started('a', 0), started('b', 0), log('b', 1, 'b1\nb2'), log('a', 2, 'a1')],
    ['#1 [a 1/2] RUN one', '#1 60.000 a1', '#1 ...', '', '#2 [b 1/2] RUN two', '#2 0.001 b1', '#2 60.000 b2'],
  ],
];

for (const [name, moments, lines] of cases) {
  plain(name, () => assert.equal(print(moments), lines));
}

plain('held output does not gather without bound', () => {
  const chunk = log('b', 1, `${'x'.repeat(999)}\n`.repeat(100));
  const lines = print([...two, started('a', 0), started('b', 0), chunk, chunk, chunk, log('a', 2, 'a1\n')]);
  assert.is(lines.length, 1 + 1 + 1 + 1 + 300 + 1 + 1 + 1 + 1);
  assert.is(lines.at(-1), '#1 0.002 a1');
});

plain('every line of a noisy build is printed exactly once', () => {
  const events: BuildEvent[] = [];
  const ids = ['a', 'b', 'c'];
  feed((event) => events.push(event), [...ids.map((id) => declare(id, id)), ...ids.map((id) => started(id, 0))]);
  for (let i = 0; i < 300; i++) events.push(log(ids[i % 3] ?? 'a', i * 50, `line ${i}\n`));
  const moments: Moment[] = events.flatMap((event) => [event, { tick: event.time - start }]);
  const printed = print(moments).flatMap((line) => /line (\d+)$/.exec(line)?.[1] ?? []);
  assert.equal(
    printed.map(Number).sort((a, b) => a - b),
    Array.from({ length: 300 }, (_, i) => i),
  );
});

plain.run();
