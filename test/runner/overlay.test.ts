import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();
const overlay = suite('overlay');
let box: TestSandbox;

overlay.before.each(async () => {
  box = await TestSandbox.create();
});
overlay.after.each(() => box.remove());

/** Both ways to mount: one option string, and layer by layer where that would be cut at 4095 bytes. */
for (const count of [1, 100, 127, 128, 300, 450]) {
  overlay(`every one of ${count} layers is there, the first on top`, async () => {
    const names = Array.from({ length: count }, (_, index) => `layer-of-some-length-${index}`);
    for (const name of names) {
      box.write(`${name}/files/${name}`, '');
      box.write(`${name}/top`, name);
    }
    const spec = box.spec(['sh', '-c', 'ls /files | wc -l; cat /top']);
    const lower = [...names, ...spec.overlay.lower];
    const { stdout } = await box.run(spec.args, { overlay: { ...spec.overlay, lower } });
    assert.is(stdout, `${count}\n${names[0]}`);
  });
}

overlay('volatile is accepted, with a fresh work directory', async () => {
  const spec = box.spec([]);
  for (const work of ['work1', 'work2']) {
    mkdirSync(join(box.directory, work));
    const { exit } = await box.shell('echo x >>/x; sync', { overlay: { ...spec.overlay, work, volatile: true } });
    assert.equal(exit, { code: 0 });
  }
});

for (const name of ['a:b', 'a,b', 'a\\b', '', 'x'.repeat(256)]) {
  overlay(
    `a name that overlay would read as something else is refused: ${JSON.stringify(name.slice(0, 9))}`,
    async () => {
      const { overlay: plain } = box.spec([]);
      await box.run(['true'], { overlay: { ...plain, lower: [name, ...plain.lower] } }).then(
        () => assert.unreachable(),
        (error: { code: string }) => assert.is(error.code, 'INVALID'),
      );
    },
  );
}

overlay('a layer that is not there is an error of the sandbox that names the overlay', async () => {
  const { overlay: plain } = box.spec([]);
  await box.run(['true'], { overlay: { ...plain, lower: ['gone', ...plain.lower] } }).then(
    () => assert.unreachable(),
    (error: { code: string; message: string }) => {
      assert.is(error.code, 'SANDBOX');
      assert.match(error.message, /^mount overlay of 3 layers in .*: ENOENT/);
    },
  );
});

overlay('files can be removed, replaced, renamed across layers', async () => {
  box.write('skeleton/gone', 'x');
  box.write('skeleton/dir/file', 'x');
  const { exit } = await box.shell(
    'rm /gone && mv /dir/file /dir/moved && rm -r /dir && mkdir /dir && ! ls /gone /dir/file',
  );
  assert.equal(exit, { code: 0 });
  assert.equal(readdirSync(join(box.directory, 'upper')).sort(), ['dir', 'gone']);
});

overlay.run();
