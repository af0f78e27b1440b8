/**
 * Runs one sandbox in a process of its own: `node container-script.mjs DIRECTORY USERID COMMAND...`, where DIRECTORY
 * holds `base`, `skeleton`, `upper` and `work`. Enters a user namespace first where it has to.
 * Prints lines of JSON: {"mapped"}, {"pid"}, {"exit"}.
 */
import {
  enterUserNamespace,
  hasSingleId,
  inUserNamespace,
  needsUserNamespace,
  runSandbox,
} from '../../runner/index.ts';

const [directory = '', uid = '0', ...args] = process.argv.slice(2);
const say = (value: object): void => console.log(JSON.stringify(value));

if (needsUserNamespace()) {
  const argv = [...process.execArgv, ...process.argv.slice(1)];
  const onMapped = (mapped: object): void => say({ mapped });
  process.exit(await enterUserNamespace({ argv, env: process.env, onMapped }));
}

const overlay = { directory, lower: ['base', 'skeleton'], upper: 'upper', work: 'work', volatile: false };
const exit = await runSandbox(
  {
    overlay: { ...overlay, userxattr: inUserNamespace() },
    args,
    env: { PATH: '/suid:/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    user: { uid: Number(uid), gid: Number(uid), groups: [] },
    hostname: 'build',
    network: 'none',
    singleUid: hasSingleId(),
  },
  {
    stdout: (chunk) => say({ stdout: chunk.toString() }),
    stderr: (chunk) => say({ stderr: chunk.toString() }),
    onStart: ({ pid }) => say({ pid, node: process.pid }),
  },
);
say({ exit });
process.exit('code' in exit ? exit.code : 99);
