import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('options of a container');

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
  place.write('settings', '# a comment\n\nFROM_FILE=1\nBOTH=file\n');
  await place.build(
    'FROM busybox\nRUN mkdir /data && echo first > /data/file && chown 7:8 /data/file\nVOLUME /data /more\nSTOPSIGNAL USR1\n',
    ['-t', 'volumes'],
  );
});

test.after(async () => {
  await place.run(['rm', '-f', ...(await place.ok(['ps', '-aq'])).split('\n').filter((id) => id !== '')]);
  place.remove();
});

const OUTPUTS: [args: string[], script: string, stdout: string][] = [
  [['-t'], 'tty; echo $TERM', '/dev/pts/0\r\nxterm\r\n'],
  [['--init'], 'echo $$', '2\n'],
  [['--env-file', 'settings', '-e', 'BOTH=line'], 'echo $FROM_FILE $BOTH', '1 line\n'],
  [['--tmpfs', '/t:size=64k,mode=700'], 'stat -c %a /t; df -k /t | tail -1 | tr -s " " | cut -d " " -f 2', '700\n64\n'],
  [['--mount', 'type=tmpfs,target=/t,tmpfs-size=1m'], 'df -k /t | tail -1 | tr -s " " | cut -d " " -f 2', '1024\n'],
  [['--read-only', '--tmpfs', '/tmp'], 'touch /x 2>/dev/null || echo no; touch /tmp/x && echo yes', 'no\nyes\n'],
  [['--add-host', 'db.test:192.0.2.7'], 'grep db.test /etc/hosts', '192.0.2.7\tdb.test\n'],
  [
    ['--ulimit', 'nofile=100:200', '--shm-size', '1m'],
    'ulimit -n; df -k /dev/shm | grep -o 1024 | head -1',
    '100\n1024\n',
  ],
  [['--cap-drop', 'ALL', '--cap-add', 'CHOWN'], 'grep CapEff /proc/self/status', 'CapEff:\t0000000000000001\n'],
  [['-v', '/anonymous'], 'grep -c " /anonymous " /proc/mounts', '1\n'],
];

for (const [args, script, stdout] of OUTPUTS) {
  test(`${args.join(' ')}: ${script}`, async () => {
    const outcome = await place.run(['run', '--rm', '--network', 'none', ...args, 'busybox', 'sh', '-c', script]);
    assert.is(outcome.stdout, stdout, outcome.stderr);
  });
}

test('a new volume has what the image has in its place, with its owners, and keeps what is written', async () => {
  const run = (script: string) => place.ok(['run', '--rm', '-v', 'kept:/data', 'volumes', 'sh', '-c', script]);
  assert.is(await run('cat /data/file; stat -c %u:%g /data/file; echo second > /data/file'), 'first\n7:8');
  assert.is(await run('cat /data/file'), 'second');
  assert.is(await place.ok(['volume', 'ls', '-q']), 'kept', 'anonymous ones went with their containers');
  await place.ok(['create', '--name', 'user', '-v', 'kept:/data', 'volumes', 'true']);
  assert.match((await place.run(['volume', 'rm', 'kept'])).stderr, /the volume kept is used by user/);
  await place.ok(['rm', '-v', 'user']);
  await place.ok(['volume', 'rm', 'kept']);
  assert.is(await place.ok(['volume', 'ls', '-q']), '');
});

/** For perl: answers each datagram. */
const UDP_SERVER =
  'socket(S, 2, 2, 0); bind(S, pack("SnNx8", 2, $ARGV[0], 0)) or die; while ($from = recv(S, $m, 99, 0)) { send(S, "answer to $m", 0, $from) }';

/** A datagram may be lost, and is while nobody listens. */
async function askByUdp(port: number): Promise<string> {
  const socket = createSocket('udp4');
  const answer = new Promise<string>((resolve) => socket.once('message', (message) => resolve(message.toString())));
  const asking = setInterval(() => socket.send('question', port, '127.0.0.1'), 50);
  try {
    return await Promise.race([answer, sleep(20_000).then(() => 'no answer')]);
  } finally {
    clearInterval(asking);
    socket.close();
  }
}

test('a port in use is named, and a published one is for this machine alone', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const refused = await place.run(['run', '--rm', '-d', '-p', `${port}:80`, 'busybox', 'true']);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, new RegExp(`port 127.0.0.1:${port}/tcp is already in use[\\s\\S]*choose another port`));
  await new Promise((resolve) => server.close(resolve));
  const script = `echo site > /index.html; httpd -p 80 -h /; exec perl -e '${UDP_SERVER}' ${port}`;
  const perl = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`]);
  const ports = ['-p', `${port}:80`, '-p', `${port}:${port}/udp`];
  await place.ok(['run', '-d', '--name', 'site', ...ports, ...perl, 'busybox', 'sh', '-c', script]);
  let text = '';
  for (let tries = 0; text === '' && tries < 100; tries++, await sleep(30)) {
    text = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.text(),
      () => '',
    );
  }
  assert.is(text, 'site\n');
  assert.is(await askByUdp(port), 'answer to question');
  const published = [`${port}/udp`, '80/tcp'].map((inside) => `${inside} -> 127.0.0.1:${port}`).sort();
  assert.equal((await place.ok(['port', 'site'])).split('\n').sort(), published);
  await place.ok(['rm', '-f', 'site']);
});

test('a health check runs, and its end is seen', async () => {
  const check = [
    '--health-cmd',
    'test -e /well || { echo ill; false; }',
    '--health-interval',
    '50ms',
    '--health-retries',
    '2',
  ];
  await place.ok(['run', '-d', '--name', 'patient', '--network', 'none', ...check, 'busybox', 'sleep', '1000']);
  const becomes = async (wanted: string) => {
    for (let tries = 0; tries < 50; tries++) {
      if ((await place.ok(['inspect', '-f', '{{.State.Health.Status}}', 'patient'])) === wanted) return;
    }
    assert.unreachable(`it does not get ${wanted}`);
  };
  await becomes('unhealthy');
  assert.match(
    await place.ok(['inspect', '-f', '{{json .State.Health.Log}}', 'patient']),
    /"ExitCode":1,"Output":"ill\\n"/,
  );
  await place.ok(['exec', 'patient', 'touch', '/well']);
  await becomes('healthy');
  assert.match(await place.ok(['ps']), /\(healthy\)/);
  await place.ok(['rm', '-f', 'patient']);
});

test('STOPSIGNAL of the image, and --stop-timeout', async () => {
  const script = 'trap "echo usr1; exit 4" USR1; while :; do sleep 0.05; done';
  await place.ok(['run', '-d', '--name', 'polite', '--network', 'none', 'volumes', 'sh', '-c', script]);
  await place.ok(['stop', 'polite']);
  assert.equal([await place.ok(['logs', 'polite']), await place.ok(['wait', 'polite'])], ['usr1', '4']);
  await place.ok([
    'run',
    '-d',
    '--name',
    'deaf',
    '--network',
    'none',
    '--stop-timeout',
    '0',
    'busybox',
    'sleep',
    '1000',
  ]);
  await place.ok(['stop', 'deaf']);
  assert.is(await place.ok(['wait', 'deaf']), '137');
  await place.ok(['rm', '-v', 'polite', 'deaf']);
});

test('files are copied both ways, while it runs and when it does not, and no link leads out', async () => {
  place.write('tree/a', 'A\n');
  place.write('tree/sub/b', 'B\n');
  const script = 'mkdir /d; echo in > /d/f; ln -s /etc/passwd /d/link; ln -s ../../../../../.. /up; sleep 1000';
  await place.ok(['run', '-d', '--name', 'files', '-v', 'vol:/v', 'busybox', 'sh', '-c', script]);
  for (let tries = 0; tries < 50 && (await place.run(['exec', 'files', 'ls', '/up'])).code !== 0; tries++);
  for (const state of ['running', 'stopped']) {
    await place.ok(['cp', 'tree', 'files:/v']);
    await place.ok(['cp', 'tree/.', `files:/up/v/${state}`]);
    await place.ok(['cp', 'tree/a', `files:/v/${state}-a`]);
    await place.ok(['cp', 'files:/d', `out-${state}`]);
    assert.is(await place.ok(['cp', 'files:/d/f', `out-${state}/copy`]), '');
    assert.not.equal(await place.ok(['cp', 'files:/up/etc/passwd', '-']), '');
    assert.match((await place.run(['cp', 'files:/nope', '.'])).stderr, /\/nope: no such file or directory/);
    assert.match(
      (await place.run(['cp', 'tree', 'files:/d/f'])).stderr,
      /cannot copy a directory to \/d\/f, which is a file/,
    );
    if (state === 'running') await place.ok(['stop', '-t', '0', 'files']);
  }
  const listed = await place.ok(['run', '--rm', '-v', 'vol:/v', 'busybox', 'sh', '-c', 'cd /v; find . -type f | sort']);
  const expected = ['./running-a', './running/a', './running/sub/b', './stopped-a', './stopped/a', './stopped/sub/b'];
  assert.equal(listed.split('\n'), [...expected, './tree/a', './tree/sub/b']);
  await place.ok(['rm', '-v', 'files']);
});

test.run();
