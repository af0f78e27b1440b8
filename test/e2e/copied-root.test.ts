import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeXattrs } from '../../runner/syscall/index.ts';
import { toBytePath } from '../../src/base/bytepath.ts';
import { busyboxRoot } from '../support/busybox.ts';
import type { Workplace } from '../support/workplace.ts';
import { layersIn } from './layers.ts';
import { WITH_IDS, withPlace } from './place.ts';
import { assertSays } from './says.ts';

const copied = suite('steps that work on a copy of their root');

const OLD = 1_700_000_000;
const EPOCH = String(OLD + 100);

/** What steps do, one after the other, each to files of its own below `/t`. */
const CHANGES: Readonly<Record<string, string>> = {
  nothing: 'cat /t/content >/dev/null',
  additions: 'mkdir -p new/empty new/full && echo x >new/full/f && ln -s f new/full/l && ln new/full/f new/full/second',
  'other content of the same size and time': `printf B >content && touch -d @${OLD} content`,
  'a time alone': 'touch -d @1600000000 time',
  modes: 'chmod 4750 mode && chmod 1777 modes',
  owners: 'chown 33:34 owner owners && chown -h 33:34 link',
  'the same mode again': 'chmod 644 again',
  'a link that leads elsewhere': 'ln -sfn elsewhere link',
  deletions: 'rm -r gone deep/er/gone',
  'one of three names': 'rm names/one',
  'a name more': 'ln attribute attribute2 && ln dir/a deep/a2',
  'a renamed directory': 'mv dir moved && mv attribute renamed',
  'a directory made again': 'rm -r again.d && mkdir again.d && echo y >again.d/other',
  'a directory for a file, and a file for a directory':
    'rm f2d && mkdir f2d && echo z >f2d/z && rm -r d2f && echo w >d2f',
  'a file for a link, a link for a directory': 'rm link && echo v >link && rm -r moved/sub && ln -s /t moved/sub',
  'a change deep below': 'echo more >>deep/er/still/f',
  'attributes that are copied': 'chmod 600 renamed',
  'a fifo, a socket that is gone, a device': 'mkfifo -m 640 pipe && (mknod dev c 7 9 || true)',
  'what the steps before have made': 'rm -r new f2d && mv pipe pipe2 && chmod 700 d2f again.d',
  'the whole directory': 'cd / && rm -r t && mkdir t && echo end >/t/end',
};

/** A root that is small, with everything that the changes need. */
async function makeBase(place: Workplace): Promise<string> {
  const at = (...path: string[]) => place.at('base', ...path);
  for (const name of ['bin', 't/modes', 't/owners', 't/gone', 't/names', 't/dir/sub', 't/again.d/in', 't/d2f/in']) {
    mkdirSync(at(name), { recursive: true });
  }
  mkdirSync(at('t/deep/er/still'), { recursive: true });
  copyFileSync(join(await busyboxRoot(), 'bin/busybox'), at('bin/busybox'));
  const files = [
    'content',
    'time',
    'mode',
    'owner',
    'again',
    'f2d',
    'attribute',
    'gone/f',
    'deep/er/gone',
    'deep/er/still/f',
  ];
  for (const name of [...files, 'dir/a', 'dir/sub/b', 'again.d/in/f', 'd2f/in/f', 'names/one'])
    writeFileSync(at('t', name), 'A');
  for (const name of ['two', 'three']) linkSync(at('t/names/one'), at('t/names', name));
  for (const name of 'sh cat mkdir echo ln printf touch chmod chown rm mv mkfifo mknod true test'.split(' ')) {
    symlinkSync('busybox', at('bin', name));
  }
  symlinkSync('content', at('t/link'));
  const path = toBytePath(at('t/attribute'));
  const outcomes = await writeXattrs([{ path, name: 'user.kept', value: Buffer.from('a') }]);
  assert.equal(outcomes, [undefined]);
  utimesSync(at('t/content'), OLD, OLD);
  const fixed = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${OLD}`, '--xattrs'];
  execFileSync('tar', [...fixed, '-C', at(), '-cf', place.at('base.tar'), '.']);
  return place.at('base.tar');
}

function dockerfile(): string {
  return ['FROM base', 'WORKDIR /t', ...Object.values(CHANGES).map((command) => `RUN ${command}`)].join('\n');
}

for (const who of WITH_IDS) {
  copied(`${who}: the layers are those of steps on overlays`, () =>
    withPlace(who, async (place) => {
      await place.ok(['import', await makeBase(place), 'base']);
      place.write('context/Dockerfile', `${dockerfile()}\n`);
      const build = async (snapshotter: string) => {
        const env = { TSBUILD_SNAPSHOTTER: snapshotter, SOURCE_DATE_EPOCH: EPOCH };
        const archive = place.at('out', `${snapshotter}.tar`);
        const output = ['-o', `type=oci,dest=${archive}`];
        const { code, stderr } = await place.run(['build', '--no-cache', ...output, place.at('context')], { env });
        assert.is(code, 0, stderr);
        assert.not.match(stderr, /copy of its root/, 'who asks for it is not warned');
        return (await layersIn(archive)).slice(-Object.keys(CHANGES).length);
      };
      mkdirSync(place.at('out'), { mode: 0o777 });
      execFileSync('chmod', ['777', place.at('out')]);
      const [overlay, copy] = [await build('overlay'), await build('copy')];
      for (const [index, name] of Object.keys(CHANGES).entries()) assert.equal(copy[index], overlay[index], name);
      assert.equal(overlay[0]?.members, []);
      assert.ok(overlay.slice(1).every(({ members }) => members.length > 0));
    }),
  );
}

/** Commands of a test in mounts of its own, where the store lies on an overlay. */
const ON_OVERLAY = `
cd "$1" && mkdir tmpfs store && mount -t tmpfs tmpfs tmpfs && cd tmpfs && mkdir lower upper work
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay ../store
shift && cd .. && sh -ec "$*"`;

const DELETING = `FROM base AS below
RUN rm -r t/gone && rm -r t/dir && mkdir t/dir && echo x >t/dir/new
FROM below AS again
RUN test ! -e t/gone && test ! -e t/dir/a && cat t/dir/new && echo gone >t/gone
FROM again
COPY --from=below /t /copied
RUN --mount=from=below,source=t/dir,target=/mnt test -e /mnt/new && test ! -e /mnt/a && test ! -e /copied/gone
`;

copied('a store on an overlay, which takes no whiteouts: the layers are the same, and the user is told', () =>
  withPlace('root', async (place) => {
    if (process.geteuid?.() !== 0) return;
    const base = await makeBase(place);
    place.write('context/Dockerfile', DELETING);
    const env = { SOURCE_DATE_EPOCH: EPOCH };
    const output = (name: string) => ['-o', `type=oci,dest=${place.at(name)}`];
    await place.ok(['import', base, 'base'], { env });
    await place.ok(['build', ...output('overlay.tar'), place.at('context')], { env });

    const other = place.at('other');
    mkdirSync(other);
    const tsbuild = (...args: string[]) => [place.command(), '--root', join(other, 'store'), ...args].join(' ');
    const build = tsbuild('build', '--progress=plain', ...output('copy.tar'), place.at('context'));
    const script = [
      ...[tsbuild('import', base, 'base'), `${build} 2>&1`, 'echo =====', tsbuild('doctor'), 'echo ====='],
      `! ${tsbuild('run', '--rm', 'base', 'true')} 2>&1`,
    ];
    const said = execFileSync('unshare', ['--mount', 'sh', '-ec', ON_OVERLAY, 'sh', other, script.join('\n')], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    const [built = '', doctor = '', run = ''] = said.split('=====\n');
    assertSays(built, ['works on a copy of its root', 'EINVAL', '--root DIR']);
    assert.is(built.split('works on a copy of its root').length, 2, 'once');
    assertSays(doctor, ['limited', 'sandbox: overlay', 'EINVAL', 'copy of its root', 'fix: ', '--root DIR']);
    assertSays(run, ['overlay', 'EINVAL', 'hint: ', '--root DIR']);
    assert.equal(await layersIn(place.at('copy.tar')), await layersIn(place.at('overlay.tar')));
  }),
);

copied.run();
