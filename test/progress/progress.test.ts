import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import type { ProgressMode } from '../../src/progress/mode.ts';
import { createProgress, type Progress } from '../../src/progress/progress.ts';
import { completed, declare, feed, started, warning } from './events.ts';
import { Screen } from './screen.ts';

const progress = suite('progress');

const ERROR = new TsbuildError('STEP_FAILED', 'exit code: 1', { hint: 'look' });
const EVENTS = [
  declare('a', '[1/1] RUN x'),
  started('a', 0),
  warning('JSONArgsRecommended: use JSON', 2),
  warning('JSONArgsRecommended: use JSON', 2),
  completed('a', 100),
];

function record(mode: ProgressMode): { progress: Progress; text: () => string } {
  let text = '';
  const stream = {
    write(part: string): boolean {
      text += part;
      return true;
    },
  };
  return { progress: createProgress({ mode, stream, color: false }), text: () => text };
}

const found = '\n 1 warning found:\n - JSONArgsRecommended: use JSON (Dockerfile:2)\n';
const outcomes: [ProgressMode, unknown, RegExp | string][] = [
  ['plain', undefined, `#1 [1/1] RUN x\n#1 DONE 0.1s\n${found}`],
  ['plain', ERROR, `#1 [1/1] RUN x\n#1 DONE 0.1s\n${found}ERROR: exit code: 1\nhint: look\n`],
  ['auto', undefined, `#1 [1/1] RUN x\n#1 DONE 0.1s\n${found}`],
  ['quiet', undefined, ''],
  ['quiet', ERROR, 'ERROR: exit code: 1\nhint: look\n'],
  ['rawjson', undefined, /^(\{.*\}\n){5}$/],
  ['rawjson', ERROR, /^(\{.*\}\n){5}ERROR: exit code: 1\nhint: look\n$/],
];

for (const [mode, error, expected] of outcomes) {
  progress(`${mode}, ${error === undefined ? 'a success' : 'a failure'}`, () => {
    const { progress: shown, text } = record(mode);
    feed(shown.sink, EVENTS);
    shown.finish(error);
    if (typeof expected === 'string') assert.is(text(), expected);
    else assert.match(text(), expected);
  });
}

progress('a terminal is drawn while the build runs, without a further event', async () => {
  const screen = new Screen(60, 12);
  const shown = createProgress({
    mode: 'auto',
    stream: { write: screen.write, isTTY: true, columns: 60, rows: 12 },
    color: false,
  });
  feed(shown.sink, [declare('a', 'RUN sleep'), { type: 'started', vertex: 'a', time: Date.now() }]);
  await new Promise((done) => setTimeout(done, 250));
  assert.match(screen.visible()[1] ?? '', /^ => RUN sleep +0\.\ds$/);
  shown.finish(ERROR);
  assert.ok(screen.cursorVisible);
  assert.equal(screen.visible().slice(-2), ['ERROR: exit code: 1', 'hint: look']);
});

progress('it finishes once', () => {
  const { progress: shown, text } = record('plain');
  shown.finish(ERROR);
  const before = text();
  shown.finish(ERROR);
  assert.is(text(), before);
});

progress('a reader that went away does not end the build, another failure of the stream does', () => {
  const stream = Object.assign(new EventEmitter(), { write: () => true });
  const shown = createProgress({ mode: 'plain', stream, color: false });
  stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  assert.throws(() => stream.emit('error', Object.assign(new Error('write EBADF'), { code: 'EBADF' })), /EBADF/);
  shown.finish();
});

progress('a process that dies of an error gives the cursor back and is not kept alive by the display', () => {
  const module = resolve(import.meta.dirname, '../../src/progress/progress.ts');
  const script = `
    import { createProgress } from ${JSON.stringify(module)};
    const { sink } = createProgress({ mode: 'tty', stream: process.stderr, color: false });
    sink({ type: 'vertex', vertex: 'v', name: 'RUN x', inputs: [], time: Date.now() });
    setTimeout(() => process.exit(3), 300);
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.is(status, 3);
  assert.ok(stderr.lastIndexOf('\u001b[?25h') > stderr.lastIndexOf('\u001b[?25l'));
});

progress.run();
