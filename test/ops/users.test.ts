import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { resolveOwner, resolveUser } from '../../src/ops/users.ts';
import { becomeRoot } from '../runner/kit.ts';
import { LayerStack } from '../snapshot/layer-stack.ts';

await becomeRoot();

const test = suite('users and groups of an image');

const PASSWD = [
  '# a comment',
  'root:x:0:0:root:/root:/bin/sh',
  'app:x:1000:1001::/home/app:/bin/sh',
  'homeless:x:1002:1002:::',
  '1003:x:7:8::/named-like-a-number',
  'damaged:x:one:two::/:',
  'twice:x:20:20::/first:',
  'twice:x:21:21::/second:',
  'huge:x:4294967295:0::/:',
  '',
].join('\n');
const GROUP = [
  'root:x:0:',
  'app:x:1001:',
  'staff:x:50:app,other',
  'video:x:44:other,app',
  'appendix:x:60:applet',
  '',
].join('\n');

/** A USER, and the process that it makes: `uid:gid groups home`. */
const USERS: readonly (readonly [user: string | undefined, identity: string])[] = [
  [undefined, '0:0 [0] /root'],
  ['', '0:0 [0] /root'],
  ['root', '0:0 [0] /root'],
  ['app', '1000:1001 [1001,50,44] /home/app'],
  ['1000', '1000:1001 [1001,50,44] /home/app'],
  ['app:', '1000:1001 [1001,50,44] /home/app'],
  ['app:staff', '1000:50 [50] /home/app'],
  ['app:7', '1000:7 [7] /home/app'],
  ['1000:1001', '1000:1001 [1001] /home/app'],
  ['9999', '9999:0 [0] /'],
  ['9999:staff', '9999:50 [50] /'],
  [':staff', '0:50 [50] /root'],
  ['homeless', '1002:1002 [1002] /'],
  ['1003', '7:8 [8] /named-like-a-number'],
  ['twice', '20:20 [20] /first'],
  ['4294967294', '4294967294:0 [0] /'],
  ['4294967295', 'NOT_FOUND'],
  ['-1', 'NOT_FOUND'],
  ['nobody', 'NOT_FOUND'],
  ['damaged', 'NOT_FOUND'],
  ['huge', 'NOT_FOUND'],
  ['app:nobody', 'NOT_FOUND'],
  ['1:2:3', 'NOT_FOUND'],
  ['# a comment', 'NOT_FOUND'],
];

/** A --chown, and the owner that it means. */
const OWNERS: readonly (readonly [owner: string, identity: string])[] = [
  ['1', '1:1'],
  ['1000', '1000:1000'],
  ['1003', '1003:1003'],
  [':staff', '0:50'],
  [':5', '0:5'],
  ['app', '1000:1001'],
  ['app:', '1000:0'],
  ['1:', '1:0'],
  ['app:staff', '1000:50'],
  ['app:0', '1000:0'],
  ['1:staff', '1:50'],
  ['0:0', '0:0'],
  ['nobody', 'NOT_FOUND'],
  ['1:nobody', 'NOT_FOUND'],
  ['4294967295', 'NOT_FOUND'],
  ['1:2:3', 'NOT_FOUND'],
];

function outcome(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof TsbuildError) return error.code;
    throw error;
  }
}

async function withAccounts(work: (stack: LayerStack) => void): Promise<void> {
  await LayerStack.with(async (stack) => {
    await stack.unpack([
      { path: 'etc', type: 'directory', mode: 0o755 },
      { path: 'etc/passwd', type: 'symlink', mode: 0o777, linkPath: '/usr/share/passwd' },
      { path: 'etc/group', content: GROUP },
      { path: 'usr/share/passwd', content: PASSWD },
    ]);
    work(stack);
  });
}

test('USER', () =>
  withAccounts((stack) => {
    for (const [user, identity] of USERS) {
      const found = outcome(() => {
        const { uid, gid, groups, home } = resolveUser(stack.view(), user);
        return `${uid}:${gid} [${groups}] ${home}`;
      });
      assert.is(found, identity, `USER ${user}`);
    }
  }));

test('--chown', () =>
  withAccounts((stack) => {
    for (const [owner, identity] of OWNERS) {
      const found = outcome(() => {
        const { uid, gid } = resolveOwner(stack.view(), owner);
        return `${uid}:${gid}`;
      });
      assert.is(found, identity, `--chown=${owner}`);
    }
  }));

test('an image without accounts knows numbers only', () =>
  LayerStack.with(async (stack) => {
    await stack.unpack([{ path: 'etc/passwd', type: 'symlink', mode: 0o777, linkPath: '/../nowhere' }]);
    assert.equal(resolveUser(stack.view(), '5:6'), { uid: 5, gid: 6, groups: [6], home: '/' });
    assert.equal(resolveUser(stack.view(), undefined), { uid: 0, gid: 0, groups: [0], home: '/' });
    assert.is(
      outcome(() => String(resolveUser(stack.view(), 'daemon').uid)),
      'NOT_FOUND',
    );
  }));

test.run();
