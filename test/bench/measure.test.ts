import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Invocation, peakMemory, time } from '../../bench/measure.ts';
import { processorSeconds } from '../../bench/process-tree.ts';
import type { TsbuildError } from '../../src/base/error.ts';

const test = suite('bench: measure');

function node(script: string): Invocation {
  return { program: process.execPath, args: ['-e', script], env: process.env };
}

function shell(script: string): Invocation {
  return { program: 'sh', args: ['-c', script], env: process.env };
}

test('wall time is the command from start to exit', async () => {
  const { wall, cpu } = await time(shell('sleep 0.3'));
  assert.ok(wall >= 0.3 && wall < 10, `wall ${wall}`);
  assert.ok(cpu < 0.2, `cpu ${cpu}`);
});

test('processor time includes what the command waited for', async () => {
  const busy = `const end = Date.now() + 300; while (Date.now() < end);`;
  const { cpu } = await time(shell(`"${process.execPath}" -e '${busy}' & wait`));
  assert.ok(cpu >= 0.15, `cpu ${cpu}`);
});

test('output goes nowhere and arguments arrive as they are', async () => {
  await time({ program: 'sh', args: ['-c', 'echo noise >&2; [ "$1" = "a b*" ]', 'sh', 'a b*'], env: process.env });
});

test('a command that fails is no measurement', async () => {
  try {
    await time(shell('echo reason >&2; exit 4'));
    assert.unreachable();
  } catch (error) {
    assert.is((error as TsbuildError).code, 'STEP_FAILED');
    assert.match((error as TsbuildError).message, 'ended with 4');
    assert.equal((error as TsbuildError).notes, ['reason']);
  }
});

test('peak memory sees grandchildren', async () => {
  const script = 'const held = Buffer.alloc(150e6, 1); setTimeout(() => held.length, 300);';
  const peak = await peakMemory(shell(`"${process.execPath}" -e '${script}'; true`));
  assert.ok(peak > 150e6 && peak < 400e6, `peak ${peak}`);
});

test('peak memory adds up processes that live at the same time', async () => {
  const one = await peakMemory(node('setTimeout(() => {}, 300)'));
  const command = `"${process.execPath}" -e 'setTimeout(() => {}, 400)'`;
  const two = await peakMemory(shell(`${command} & ${command} & wait`));
  assert.ok(two > one, `one ${one}, two ${two}`);
});

test('processor seconds of a process that has ended are none', () => {
  assert.ok(processorSeconds([process.pid]) > 0);
  assert.is(processorSeconds([2 ** 22 + 1]), 0);
});

test.run();
