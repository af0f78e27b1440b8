import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';
import { takeBases } from './place.ts';
import { sessionsOf } from './remains.ts';
import { assertSays } from './says.ts';

const denied = suite('machines that deny a sandbox');

/** Root of a machine where root may not mount, as in most containers. */
const POWERLESS = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
const BEFORE = (command: string) => ['sh', '-c', `${command} && exec "$@"`, 'sh'];

interface Case {
  name: string;
  through: string[];
  says: string[];
}

const CASES: Case[] = [
  {
    name: 'no user namespaces are allowed',
    // The limit counts for the namespace in which it is written, and for those below.
    through: [
      ...['unshare', '--user', '--map-root-user'],
      ...BEFORE('echo 0 > /proc/sys/user/max_user_namespaces'),
      ...POWERLESS,
    ],
    says: [
      'failed  user namespace: ENOSPC (unshare the user namespace)\n',
      'uid 0, effective capabilities ',
      'user.max_user_namespaces=0',
      'ERROR: this machine does not let us make a sandbox: user namespace: unshare the user namespace: ENOSPC\n',
      'hint: raise user.max_user_namespaces',
    ],
  },
  {
    name: 'no process namespaces are allowed',
    through: ['unshare', '--user', '--map-root-user', ...BEFORE('echo 0 > /proc/sys/user/max_pid_namespaces')],
    says: [
      'failed  namespaces: ENOSPC (unshare the process namespace)\n',
      'Dockerfile:2\n',
      '   2 | >>> RUN true',
      'ERROR: this machine does not let us make a sandbox: namespaces: unshare the process namespace: ENOSPC\n',
      'hint: raise user.max_*_namespaces',
    ],
  },
];

let place: Workplace;

denied.before(async () => {
  place = new Workplace();
  await takeBases(place, 'busybox');
  place.write('context/Dockerfile', 'FROM local/busybox\nRUN true\n');
});

denied.after(() => place.remove());

for (const { name, through, says } of CASES) {
  denied(name, async () => {
    if (process.geteuid?.() !== 0) return;
    const { code, stderr } = await place.run(['build', '--progress=plain', place.at('context')], { through });
    assert.is(code, 1, stderr);
    assertSays(stderr, says);
    assert.equal(sessionsOf(place), []);
  });
}

denied('parts of /proc are covered, as container engines do it: that is no obstacle', async () => {
  if (process.geteuid?.() !== 0) return;
  const through = ['unshare', '--mount', ...BEFORE('mount -t tmpfs none /proc/tty'), ...POWERLESS];
  await place.ok(['build', '-q', place.at('context')], { through });
});

denied('root who may not mount has a user namespace', async () => {
  const through = process.geteuid?.() === 0 ? POWERLESS : [];
  const own = new Workplace();
  try {
    await own.ok(['import', place.at('busybox.tar'), 'local/busybox'], { through });
    await own.ok(['build', '-q', place.at('context')], { through });
  } finally {
    own.remove();
  }
});

denied.run();
