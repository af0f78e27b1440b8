import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';
import { busyboxRoot } from '../support/busybox.ts';
import type { TestEntry } from '../support/image.ts';

await becomeRoot();

const test = suite('a base image that means harm');

const busybox = readFileSync(join(await busyboxRoot(), 'bin/busybox'));
const dir = (path: string): TestEntry => ({ path, type: 'directory', mode: 0o755 });
const link = (path: string, linkPath: string): TestEntry => ({ path, type: 'symlink', linkPath });

const ROOT = [dir('bin'), { path: 'bin/busybox', mode: 0o755, content: busybox }, link('bin/sh', 'busybox')];
const ETC = dir('etc');
const SH = 'RUN true && echo ran';

interface Case {
  what: string;
  layers: readonly (readonly TestEntry[])[];
  dockerfile?: string;
  ends: 'ran' | RegExp;
}

const accounts = (path: string, entry: Partial<TestEntry>, ends: RegExp): Case => ({
  what: `/etc/passwd as ${path}`,
  layers: [[...ROOT, ETC, { path: 'etc/passwd', ...entry }]],
  dockerfile: `USER daemon\n${SH}`,
  ends,
});

const CASES: readonly Case[] = [
  { what: 'its layer hides /proc', layers: [[...ROOT, dir('proc')], [{ path: '.wh.proc' }]], ends: 'ran' },
  {
    what: 'its layer replaces /etc',
    layers: [
      [...ROOT, ETC],
      [ETC, { path: 'etc/.wh..wh..opq' }],
    ],
    ends: 'ran',
  },
  { what: 'its layer replaces the root', layers: [[ETC], [{ path: '.wh..wh..opq' }, ...ROOT, ETC]], ends: 'ran' },
  {
    what: '/proc leads elsewhere',
    layers: [[...ROOT, ETC, link('proc', '/etc')]],
    ends: /^SANDBOX: mount on \/proc: E/,
  },
  { what: '/sys leads elsewhere', layers: [[...ROOT, ETC, link('sys', '/etc')]], ends: /^SANDBOX: mount on \/sys: E/ },
  { what: '/dev is a file', layers: [[...ROOT, { path: 'dev' }]], ends: /^SANDBOX: mount tmpfs on \/dev: ENOTDIR/ },
  { what: '/etc leads into /proc', layers: [[...ROOT, link('etc', '/proc/sys/kernel')]], ends: /^SANDBOX: mount on/ },
  { what: '/etc leads to nothing', layers: [[...ROOT, link('etc', '/../nothing')]], ends: 'ran' },
  { what: '/etc/hosts is below a file', layers: [[...ROOT, ETC, link('etc/hosts', '/etc/hostname/x')]], ends: 'ran' },
  { what: '/etc/resolv.conf is a loop', layers: [[...ROOT, ETC, link('etc/resolv.conf', 'resolv.conf')]], ends: 'ran' },
  {
    what: '/etc/resolv.conf leads to a name that is too long',
    layers: [[...ROOT, ETC, link('etc/resolv.conf', `/${'n'.repeat(300)}`)]],
    ends: 'ran',
  },
  accounts('a fifo', { type: 'fifo' }, /^NOT_FOUND: unable to find user daemon/),
  accounts('a device', { type: 'char', devMajor: 1, devMinor: 5 }, /^NOT_FOUND: unable to find user daemon/),
  accounts(
    'a link out',
    { type: 'symlink', linkPath: '../../../../../../etc/../proc/1/root/etc/passwd' },
    /^NOT_FOUND/,
  ),
  accounts('40 MB', { content: Buffer.alloc(40e6, 'daemon:x:1:1::/:\n') }, /^NOT_FOUND: unable to find user daemon/),
  {
    what: 'a user with more groups than a process can have',
    layers: [
      [
        ...ROOT,
        ETC,
        { path: 'etc/passwd', content: 'u:x:5:5::/:\n' },
        { path: 'etc/group', content: Array.from({ length: 70_000 }, (_, gid) => `g:x:${gid}:u\n`).join('') },
      ],
    ],
    dockerfile: `USER u\n${SH}`,
    ends: /^INVALID: user u is in 70000 groups/,
  },
];

for (const { what, layers, dockerfile = SH, ends } of CASES) {
  test(what, () =>
    TestBuilder.with(async (builder) => {
      await builder.addImage('evil', layers);
      const text = `FROM evil\n${dockerfile}\n`;
      if (ends === 'ran') assert.is((await builder.build(text)).output, 'ran\n');
      else assert.match(await builder.failure(text), ends);
    }),
  );
}

test('files of the sandbox are for every user, whatever the umask of the builder', () =>
  TestBuilder.with(async (builder) => {
    await builder.addImage('bare', [ROOT]);
    const before = process.umask(0o077);
    try {
      const { output } = await builder.build(`FROM bare
USER 1000
RUN cat /etc/hosts /etc/resolv.conf /etc/hostname >/dev/null && ls /etc >/dev/null && echo read
RUN <<EOF
#!/bin/sh
echo executed
EOF
`);
      assert.is(output, 'read\nexecuted\n');
    } finally {
      process.umask(before);
    }
  }));

test.run();
