// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand, type Mount, resolveMount } from '../../grammar/index.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { errorsOf, hintsOf, one, place } from './parsed.ts';

const mounts = suite('mounts of RUN');

function resolved(value: string, variables: Record<string, string> = {}): Omit<Mount, 'range'> {
  const [spec] = one('RUN', `RUN --mount=${value} x`).mounts;
  if (spec === undefined) throw new Error('no mount');
  const { range: _, ...mount } = resolveMount(spec, (word) => expand(word, (name) => variables[name]).value);
  return JSON.parse(JSON.stringify(mount));
}

const good: [string, object][] = [
  ['target=/x', { type: 'bind', target: '/x', readonly: true }],
  ['type=bind,from=a,src=b,dst=c,rw', { type: 'bind', target: 'c', readonly: false, from: 'a', source: 'b' }],
  ['destination=/x,readwrite=false', { type: 'bind', target: '/x', readonly: true }],
  ['target=/x,ro=false', { type: 'bind', target: '/x', readonly: false }],
  ['target=/x,ro,rw', { type: 'bind', target: '/x', readonly: false }],
  ['TYPE=Bind,Target=/x', { type: 'bind', target: '/x', readonly: true }],
  ['type=cache,target=/c', { type: 'cache', target: '/c', readonly: false, sharing: 'shared' }],
  [
    'type=cache,target=/c,id=i,sharing=LOCKED,from=f,source=s,mode=0755,uid=1,gid=2,ro',
    {
      type: 'cache',
      target: '/c',
      readonly: true,
      from: 'f',
      source: 's',
      id: 'i',
      sharing: 'locked',
      mode: 0o755,
      uid: 1,
      gid: 2,
    },
  ],
  ['type=tmpfs,target=/t', { type: 'tmpfs', target: '/t', readonly: false }],
  ['type=tmpfs,target=/t,size=64m', { type: 'tmpfs', target: '/t', readonly: false, size: 64 << 20 }],
  ['type=tmpfs,target=/t,size=1.5GiB', { type: 'tmpfs', target: '/t', readonly: false, size: 1.5 * 2 ** 30 }],
  ['type=secret,id=s', { type: 'secret', id: 's', readonly: true, required: false }],
  ['type=secret,source=s,required', { type: 'secret', id: 's', readonly: true, required: true }],
  [
    'type=secret,id=s,env=TOKEN,target=/t,required=true,mode=0440,uid=1,gid=2',
    {
      type: 'secret',
      target: '/t',
      readonly: true,
      id: 's',
      env: 'TOKEN',
      required: true,
      mode: 0o440,
      uid: 1,
      gid: 2,
    },
  ],
  ['type=secret,target=/run/x', { type: 'secret', target: '/run/x', readonly: true, required: false }],
  ['type=ssh', { type: 'ssh', readonly: true, required: false }],
  ['type=ssh,id=i,required', { type: 'ssh', readonly: true, id: 'i', required: true }],
  ['"type=bind,target=/a b"', { type: 'bind', target: '/a b', readonly: true }],
  ['\'type=bind,"target=/a,b"\'', { type: 'bind', target: '/a,b', readonly: true }],
  ['type=$T,target=/$x/${y:-z},id=$x', { type: 'cache', target: '/X/z', readonly: false, id: 'X', sharing: 'shared' }],
];

for (const [value, expected] of good) {
  mounts(value, () => assert.equal(resolved(value, { x: 'X', T: 'cache' }), expected));
}

const bad: [string, string, string?][] = [
  ['type=cahce,target=/x', '2:13 invalid value "cahce" of the mount option "type"', 'did you mean cache?'],
  ['target=/x,sahring=locked', '2:23 unknown mount option "sahring"', 'did you mean sharing?'],
  ['type=cache,target=/x,sharing=no', '2:34 invalid value "no" of the mount option "sharing"'],
  ['target', '2:13 the mount option "target" needs a value'],
  ['type=bind', '2:13 a mount of type bind needs a target'],
  ['type=tmpfs,target=/x,size=big', '2:34 invalid value "big" of the mount option "size"'],
  ['target=/x,mode=0755', '2:23 the option "mode" means nothing in a mount of type bind'],
  ['target=/x,sharing=locked', '2:23 the option "sharing" means nothing in a mount of type bind'],
  ['target=/x,required', '2:23 the option "required" means nothing in a mount of type bind'],
  ['type=secret,id=x,from=y', '2:30 the option "from" means nothing in a mount of type secret'],
  ['type=secret', '2:13 a secret mount needs an id or a target'],
  ['type=secret,id=a,source=b', '2:30 a secret mount takes either id or source'],
  ['type=cache,target=/x,mode=9', '2:34 invalid value "9" of the mount option "mode"'],
  ['type=cache,target=/x,uid=root', '2:34 invalid value "root" of the mount option "uid"'],
  ['target=/x,ro=maybe', '2:23 invalid value "maybe" of the mount option "readonly"'],
  ['from=$x,target=/y', '2:13 variables are not expanded in the mount option "from"'],
  ["'\"a'", '2:13 a quote in --mount has no end'],
];

for (const [value, message, hint] of bad) {
  mounts(`${value.includes('$') ? 'trap 20: ' : ''}${value} is an error`, () => {
    assert.equal(errorsOf(`RUN --mount=${value} x`), [message]);
    if (hint !== undefined) assert.equal(hintsOf(`RUN --mount=${value} x`), [hint]);
  });
}

mounts('what depends on a variable is checked when it is known, and points at its option', () => {
  const [spec] = one('RUN', 'FROM a\nRUN --mount=type=$T,target=/x y').mounts;
  assert.ok(spec);
  assert.throws(
    () => resolveMount(spec, () => 'nonsense'),
    (error: unknown) =>
      error instanceof TsbuildError && error.code === 'INVALID' && place(error.location) === '2:13-2:20',
  );
});

mounts('an expansion that fails points at its option', () => {
  const [spec] = one('RUN', 'FROM a\nRUN --mount=target=${x:?no} y').mounts;
  assert.ok(spec);
  assert.throws(
    () => resolveMount(spec, (word) => expand(word, () => undefined).value),
    (error: unknown) =>
      error instanceof TsbuildError && error.message === 'x: no' && place(error.location) === '2:13-2:28',
  );
});

mounts.run();
