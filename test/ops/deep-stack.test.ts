import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import { TestBuilder } from './builder.ts';

await becomeRoot();

const test = suite('a stack of more layers than an overlay takes');

/** So many that the steps behind them pass 500, with the layers of the base and of the mount points. */
const LAYERS = 495;
const STEPS = 6;

test('steps on both sides of the limit see what the steps before them have made and deleted', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const directories = Array.from({ length: LAYERS }, (_, index) => `WORKDIR /d/${index}\n`);
    const steps = Array.from(
      { length: STEPS },
      (_, step) => `RUN [ "$(cat /log)" = ${step} ] && rm /log && echo ${step + 1} > /log && rmdir /d/${step}\n`,
    );
    const { lines } = await builder.build(
      `FROM busybox\n${directories.join('')}WORKDIR /\nRUN echo 0 > /log\n${steps.join('')}`,
    );
    assert.is(lines.filter((line) => /^d\/\d/.test(line)).length, LAYERS - STEPS);
  }));

test.run();
