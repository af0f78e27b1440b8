import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Vertex } from '../../src/graph/vertex.ts';
import { failure, lastOp, planned } from './planned.ts';

const test = suite('RUN --mount');

type MountFields = Record<string, unknown>;

async function mountsIn(lines: string, options = {}): Promise<MountFields[]> {
  const { plan } = await planned(`FROM scratch AS base\nFROM scratch\nWORKDIR /w\n${lines}`, options);
  const { mounts } = lastOp<{ mounts: MountFields[] }>(plan, 'run');
  return mounts.map((mount) => Object.fromEntries(Object.entries(mount).filter(([, value]) => value !== undefined)));
}

const ROWS: [mount: string, op: MountFields][] = [
  ['target=x', { type: 'bind', target: '/w/x', readonly: true, input: 1, source: 'content' }],
  ['from=base,source=a/../b,target=/x', { type: 'bind', target: '/x', readonly: true, input: 1, source: 'b' }],
  ['from=base,target=/x,rw', { type: 'bind', target: '/x', readonly: false, input: 1, source: '' }],
  ['from=scratch,target=/x', { type: 'bind', target: '/x', readonly: true, input: 1, source: '' }],
  ['type=tmpfs,target=../t,size=1k', { type: 'tmpfs', target: '/t', readonly: false, size: 1024 }],
  [
    'type=cache,target=c',
    { type: 'cache', target: '/w/c', readonly: false, sharing: 'shared', id: '/w/c', namespace: '' },
  ],
  [
    'type=cache,id=../..,target=/c,from=base,source=s,sharing=locked,mode=0700,uid=1,gid=2',
    {
      type: 'cache',
      target: '/c',
      readonly: false,
      sharing: 'locked',
      id: '../..',
      namespace: '',
      seed: { input: 1, source: 's' },
      mode: 0o700,
      uid: 1,
      gid: 2,
    },
  ],
  ['type=secret,id=a/b', { type: 'secret', id: 'a/b', target: '/run/secrets/b', required: false }],
  ['type=secret,target=t/k', { type: 'secret', id: 'k', target: '/w/t/k', required: false }],
  ['type=secret,id=s,env=V', { type: 'secret', id: 's', env: 'V', required: false }],
  ['type=ssh,required', { type: 'ssh', id: 'default', target: '/run/buildkit/ssh_agent.0', required: true }],
];

for (const [mount, op] of ROWS) {
  test(mount, async () => assert.equal(await mountsIn(`RUN --mount=${mount} x\n`), [op]));
}

test('two mounts of one stage read one input', async () => {
  const { plan } = await planned(
    'FROM scratch AS base\nFROM scratch\nRUN --mount=from=base,target=/a --mount=from=base,source=b,target=/b x\n',
  );
  assert.is(plan.rootfs.inputs.length, 2);
});

test('what is mounted from the context is a vertex of its own, whose source is no pattern', async () => {
  const { plan } = await planned('FROM scratch\nRUN --mount=source=a*,target=/a x\n');
  const { kind, sources } = (plan.rootfs.inputs[1] as Vertex).op;
  assert.equal([kind, sources], ['copy', [{ pattern: 'a\\*' }]]);
});

test('variables are expanded, and BUILDKIT_CACHE_MOUNT_NS names the space of caches', async () => {
  const buildArgs = { BUILDKIT_CACHE_MOUNT_NS: 'team', D: 'dir' };
  const [mount] = await mountsIn('ARG D\nRUN --mount=type=cache,id=$D-x,target=/$D x\n', { buildArgs });
  assert.equal([mount?.id, mount?.target, mount?.namespace], ['dir-x', '/dir', 'team']);
});

test('a RUN without mounts has none in its op', async () => {
  const { plan } = await planned('FROM scratch\nRUN x\n');
  assert.is(plan.rootfs.op.mounts, undefined);
});

const ERRORS: [mount: string, error: string][] = [
  ['target=/', 'INVALID 3: a mount cannot cover the root directory (choose a target below it, e.g. target=/src)'],
  ['type=cache,target=..', 'INVALID 3: a mount cannot cover the root directory'],
  ['from=nope,target=/x', 'NOT_FOUND 3: image nope not found'],
  ['from=2,target=/x', 'INVALID 3: --from=2: there is no stage of that number above'],
  ['type=cach,target=/x', 'SYNTAX 3: invalid value "cach" of the mount option "type" (did you mean cache?)'],
  ['type=tmpfs', 'SYNTAX 3: a mount of type tmpfs needs a target (add target=/path)'],
  ['type=cache,target=/x,sharing=all', 'SYNTAX 3: invalid value "all" of the mount option "sharing"'],
  ['type=tmpfs,target=/x,size=big', 'SYNTAX 3: invalid value "big" of the mount option "size"'],
  ['type=secret,id=x,mode=9', 'SYNTAX 3: invalid value "9" of the mount option "mode"'],
  ['type=bind,target=/x,uid=1', 'SYNTAX 3: the option "uid" means nothing in a mount of type bind'],
];

for (const [mount, error] of ERRORS) {
  test(`${mount} is an error at its place`, async () => {
    const message = await failure(`FROM scratch\nENV a=1\nRUN --mount=${mount} x\n`);
    assert.ok(message.startsWith(error), message);
  });
}

test.run();
