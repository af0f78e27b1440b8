import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/base/digest.ts';
import { chainIds } from '../../src/oci/chain.ts';

const test = suite('chain IDs');
const id = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const hash = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

test('each layer is chained to the stack below it', () => {
  const second = hash(`${id('a')} ${id('b')}`);
  assert.equal(chainIds([id('a'), id('b'), id('c')]), [id('a'), second, hash(`${second} ${id('c')}`)]);
});

test('no layers, no chain', () => assert.equal(chainIds([]), []));

test.run();
