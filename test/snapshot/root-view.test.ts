import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import { LayerStack, namesOf } from './layer-stack.ts';
import { CASES, file, link } from './stack-cases.ts';

await becomeRoot();

const test = suite('layers as one tree');

for (const { what, layers, shows } of CASES) {
  test(what, () =>
    LayerStack.with(async (stack) => {
      for (const entries of layers) {
        const opaque = await stack.unpack(entries);
        assert.equal(opaque, (await stack.marks()).sort(), 'what the writer says and what is on disk');
      }
      const viewed = await stack.viewed();
      assert.equal(viewed, stack.mounted(), 'the view and the kernel');
      assert.equal(namesOf(viewed), [...shows].sort());
    }),
  );
}

test('an empty stack', () =>
  LayerStack.with(async (stack) => {
    assert.is(stack.view().lookup(''), undefined);
    assert.equal(stack.view().children(''), []);
  }));

test('nothing is found below a file or a link', () =>
  LayerStack.with(async (stack) => {
    await stack.unpack([file('f', ''), link('l', '.')]);
    assert.is(stack.view().lookup('f/x'), undefined);
    assert.is(stack.view().lookup('l/f'), undefined);
    assert.throws(() => stack.view().readlink('f'), TypeError);
  }));

test.run();
