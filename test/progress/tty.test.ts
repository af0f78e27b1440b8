import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BuildEvent } from '../../src/base/events.ts';
import { createPalette } from '../../src/progress/palette.ts';
import { TtyDisplay } from '../../src/progress/tty.ts';
import { displayWidth } from '../../src/progress/width.ts';
import { cached, completed, declare, feed, log, start, started, status } from './events.ts';
import { Screen } from './screen.ts';

const tty = suite('display on a terminal');

interface Terminal {
  screen: Screen;
  size: { columns: number; rows: number };
  display: TtyDisplay;
  accept(...events: BuildEvent[]): void;
  draw(at: number): string[];
}

function open(columns = 41, rows = 10, color = false): Terminal {
  const screen = new Screen(columns, rows);
  const size = { columns, rows };
  const display = new TtyDisplay(screen.write, () => size, createPalette(color));
  return {
    screen,
    size,
    display,
    accept: (...events) => feed((event) => display.accept(event), events),
    draw(at) {
      display.tick(start + at);
      return screen.visible();
    },
  };
}

tty('rows appear, change in place, and the last frame stays', () => {
  const { accept, draw, display, screen } = open();
  screen.write('$ tsbuild build .\n');
  accept(declare('f', '[1/3] FROM busybox'), declare('c', '[2/3] COPY . .'), declare('r', '[3/3] RUN make'));
  assert.equal(draw(0), ['$ tsbuild build .', '[+] Building 0.0s (0/3)']);
  accept(cached('f', 100), started('c', 100));
  assert.equal(draw(500), [
    '$ tsbuild build .',
    '[+] Building 0.5s (1/3)',
    ' => CACHED [1/3] FROM busybox       0.0s',
    ' => [2/3] COPY . .                  0.4s',
  ]);
  accept(completed('c', 700), started('r', 700), log('r', 800, 'cc -c a.c\ncc -c b.c'));
  assert.equal(draw(1000), [
    '$ tsbuild build .',
    '[+] Building 1.0s (2/3)',
    ' => CACHED [1/3] FROM busybox       0.0s',
    ' => [2/3] COPY . .                  0.6s',
    ' => [3/3] RUN make                  0.3s',
    ' => => # cc -c a.c',
    ' => => # cc -c b.c',
  ]);
  accept(completed('r', 2000));
  display.close(start + 2050, false);
  assert.equal(screen.visible(), [
    '$ tsbuild build .',
    '[+] Building 2.0s (3/3) FINISHED',
    ' => CACHED [1/3] FROM busybox       0.0s',
    ' => [2/3] COPY . .                  0.6s',
    ' => [3/3] RUN make                  1.3s',
  ]);
});

tty('the cursor hides while drawing and comes back, also after a failure', () => {
  const { accept, draw, display, screen } = open();
  accept(declare('r', 'RUN false'), declare('o', 'RUN other'), started('r', 0), started('o', 0));
  draw(100);
  assert.not(screen.cursorVisible);
  accept(completed('r', 200, 'exit code: 1'), completed('o', 201, 'cancelled'));
  display.close(start + 300, true);
  assert.ok(screen.cursorVisible);
  assert.ok(screen.wraps);
  assert.equal(screen.visible(), [
    '[+] Building 0.3s (2/2) FAILED',
    ' => ERROR RUN false                 0.2s',
    ' => CANCELED RUN other              0.2s',
  ]);
});

tty('a process that ends unexpectedly gives the cursor back', () => {
  const { accept, draw, display, screen } = open();
  accept(declare('r', 'RUN x'), started('r', 0));
  draw(100);
  display.restore();
  assert.ok(screen.cursorVisible);
});

tty('a build that declares nothing draws nothing', () => {
  const { display, draw, screen } = open();
  assert.equal(draw(100), []);
  display.close(start + 200, true);
  assert.equal(screen.all(), []);
  assert.ok(screen.cursorVisible);
});

tty('downloads are rows below their vertex', () => {
  const { accept, draw } = open(61);
  accept(declare('f', '[1/1] FROM busybox'), started('f', 0), status('f', 0, 'downloading', 1_500_000, 3_000_000));
  assert.equal(draw(1000).slice(1), [
    ' => [1/1] FROM busybox                                  1.0s',
    ' => => downloading layer1 1.50MB / 3.00MB               1.0s',
  ]);
  accept(status('f', 1500, 'extracting', 0));
  assert.is(draw(2000)[2], ' => => extracting layer1                                0.5s');
});

tty('a long build stays inside the screen and is whole at the end', () => {
  const { accept, draw, display, screen } = open(41, 8);
  const ids = Array.from({ length: 20 }, (_, i) => `v${i}`);
  accept(...ids.map((id) => declare(id, `step ${id}`)));
  for (const [i, id] of ids.entries()) {
    accept(started(id, i * 100), log(id, i * 100, 'one\ntwo\n'));
    const frame = draw(i * 100 + 50);
    assert.ok(frame.length <= 7, frame.join('\n'));
    assert.match(frame[0] ?? '', new RegExp(`^\\[\\+\\] Building \\d.\\ds \\(${i}/20\\)$`));
    assert.equal(frame.slice(-2), [' => => # one', ' => => # two']);
    accept(completed(id, i * 100 + 90));
  }
  assert.is(screen.all().length, screen.visible().length);
  display.close(start + 2000, false);
  assert.equal(screen.all(), [
    '[+] Building 2.0s (20/20) FINISHED',
    ...ids.map((id) => `${` => step ${id}`.padEnd(35)} 0.1s`),
  ]);
});

tty('rows never exceed the terminal, with wide characters, tabs and colours', () => {
  for (const columns of [1, 5, 12, 20, 33, 80]) {
    const { accept, draw, screen } = open(columns, 10, true);
    accept(
      declare('r', '[建設 1/2] RUN echo 日本語のとても長いコマンド 🚀🚀🚀'),
      started('r', 0),
      log('r', 1, '\u001b[32m日本\t語\u001b[0m and \u001b[1mmuch more text that does not fit in here\n'),
      status('r', 1, 'downloading', 1, 2),
    );
    for (const row of draw(123_456)) assert.ok(displayWidth(row) < Math.max(columns, 2), JSON.stringify(row));
    draw(123_556);
    assert.ok(screen.all().length <= 4, `${columns} columns: ${screen.all().length} rows`);
  }
});

tty('output that tries to steer the terminal is shown as text', () => {
  const { accept, draw } = open();
  accept(
    declare('r', 'RUN x\u001b[2J'),
    started('r', 0),
    log('r', 1, '\u001b[2J\u001b[1;1Hhello\u0007\r\n\u001b[?1049h\n'),
  );
  assert.equal(draw(0).slice(1), [' => RUN x                           0.0s', ' => => # hello', ' => => #']);
});

tty('a terminal that became narrower is cleared of the rows it broke', () => {
  const { accept, draw, screen, size } = open(41, 14);
  screen.write('$ tsbuild build .\n');
  accept(declare('a', 'RUN a'), declare('b', 'RUN b'), started('a', 0), started('b', 0), log('b', 1, 'text\n'));
  draw(100);
  size.columns = 21;
  screen.resize(21);
  assert.is(screen.visible().length, 8);
  assert.equal(draw(200), [
    '$ tsbuild build .',
    '[+] Building 0.2s...',
    ' => RUN a       0.2s',
    ' => RUN b       0.2s',
    ' => => # text',
  ]);
});

tty('the colours tell what happened, and without colours there are none', () => {
  for (const color of [true, false]) {
    let text = '';
    const write = (part: string): void => {
      text += part;
    };
    const display = new TtyDisplay(write, () => ({ columns: 80, rows: 24 }), createPalette(color));
    const ids = ['done', 'failed', 'cancelled'];
    feed(
      (event) => display.accept(event),
      ids.map((id) => declare(id, id)),
    );
    feed(
      (event) => display.accept(event),
      [
        completed('done', 1),
        completed('failed', 1, 'exit code: 1'),
        completed('cancelled', 1, 'cancelled'),
        declare('running', 'running'),
        started('running', 1),
        log('running', 1, '\u001b[35mmagenta\u001b[0m\n'),
      ],
    );
    display.tick(start + 2);
    const colors = ['\u001b[34m => done', '\u001b[31m => ERROR failed', '\u001b[33m => CANCELED', '\u001b[35mmagenta'];
    for (const expected of colors) assert.is(text.includes(expected), color, expected);
    assert.is(text.includes('\u001b[0m'), color);
  }
});

tty.run();
