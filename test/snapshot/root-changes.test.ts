import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inUserNamespace } from '../../runner/index.ts';
import { readXattrs, writeXattrs } from '../../runner/syscall/index.ts';
import { toBytePath } from '../../src/base/bytepath.ts';
import { changesOf } from '../../src/snapshot/changes.ts';
import { LayerWriter } from '../../src/snapshot/layer-writer.ts';
import { RootChanges } from '../../src/snapshot/root-changes.ts';
import { copyTree } from '../../src/snapshot/root-copy.ts';
import { RootView } from '../../src/snapshot/root-view.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('what has changed in a copy of a root');

const userXattrs = inUserNamespace();

test('attributes that steps set stay, and those that overlayfs would act on do not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-changes-'));
  const at = (...path: string[]) => join(directory, ...path);
  const shell = (script: string) => execFileSync('sh', ['-ec', `umask 022\n${script}`], { cwd: directory });
  const { signal } = new AbortController();
  try {
    for (const name of ['below', 'root', 'layer']) mkdirSync(at(name));
    shell(
      'cd below && mkdir d e && for f in a b c d/f e/f same same2; do echo $f >$f; done && ln a a2 && ln same same3',
    );
    const view = new RootView([{ directory: toBytePath(at('below')), opaque: new Set() }]);
    const copy = new LayerWriter(toBytePath(at('root')), new RootView([]), { userXattrs });
    await copyTree(view, copy, { signal });
    await copy.finish();
    const changes = await RootChanges.since(toBytePath(at('root')), signal);

    const set = (path: string, name: string) => ({ path: toBytePath(at('root', path)), name, value: Buffer.from('y') });
    const attributes = [set('d', 'user.overlay.opaque'), set('d', 'user.own'), set('b', 'user.overlay.redirect')];
    assert.equal(
      await writeXattrs([...attributes, set('b', 'user.own'), set('e/f', 'user.own')]),
      Array.from({ length: 5 }, () => undefined),
    );
    shell('cd root && rm c && mknod c c 0 0 && mknod e/new c 0 0 && mkdir z && echo z >z/z && rm same3 && echo 2 >>a2');

    const layer = new LayerWriter(toBytePath(at('layer')), view, { userXattrs });
    await changes.moveInto(layer, view);
    const { opaque, unmarked } = layer;
    const found = await changesOf({ directory: toBytePath(at('layer')), opaque, unmarked, parent: view });
    assert.equal(
      found.map(({ entry: { path, type, linkPath, xattrs } }) =>
        [path, type, linkPath, ...(xattrs?.keys() ?? [])].filter((word) => word !== undefined).join(' '),
      ),
      [
        ...['.wh.same3 file', 'a file', 'a2 hardlink a', 'b file user.own', '.wh.c file'],
        ...['d directory user.own', 'e directory', 'e/f file user.own', 'z directory', 'z/z file'],
      ].sort((one, other) => placeIn(one) - placeIn(other)),
    );
    const paths = ['b', 'd'].map((name) => toBytePath(at('layer', name)));
    for (const [, xattrs] of await readXattrs(paths)) {
      assert.equal(
        [...xattrs.keys()].filter((name) => name.startsWith('user.')),
        ['user.own'],
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Whiteouts stand where what they hide would. */
function placeIn(line: string): number {
  return ['a', 'a2', 'b', 'c', 'd', 'e', 'e/f', 'same3', 'z', 'z/z'].indexOf(
    line.split(' ', 1)[0]?.replace('.wh.', '') ?? '',
  );
}

test.run();
