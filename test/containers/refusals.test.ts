import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../src/cli/program.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('what containers refuse');

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
  process.env.TSBUILD_ROOT = place.root;
});

test.after(() => place.remove());

/** Runs a command line in this process, which has a store but no container. */
async function run(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const { write } = process.stderr;
  let stderr = '';
  process.stderr.write = (text: string | Uint8Array) => {
    stderr += text.toString();
    return true;
  };
  try {
    const code = await main(args);
    return { code, stderr };
  } finally {
    process.stderr.write = write;
  }
}

const REFUSALS: [args: string[], code: number, stderr: RegExp][] = [
  [['stop', 'nobody'], 1, /no such container: nobody[\s\S]*tsbuild ps -a/],
  [['logs', 'nobody'], 1, /no such container: nobody/],
  [['exec', 'nobody', 'true'], 1, /no such container: nobody/],
  [['exec', 'x'], 2, /exec needs a container and a command/],
  [['rm', 'nobody'], 1, /no such container/],
  [['rm', '-f', 'nobody'], 0, /^$/],
  [['kill', '-s', 'NOPE', 'x'], 2, /there is no such signal/],
  [['logs', '--tail', 'x', 'y'], 2, /--tail x: it is no number of lines/],
  [['cp', 'a', 'b'], 2, /one of the two must be in a container/],
  [['run', '--name', 'a/b', 'busybox'], 125, /"a\/b" is no name for a container/],
  [['run', '-p', 'x', 'busybox'], 125, /--publish x: "x" is no port/],
  [['run', '-p', '1.2.3:80:80', 'busybox'], 125, /1\.2\.3 is no IP address/],
  [['run', '-p', '8000-8002:80-81', 'busybox'], 125, /the two ranges differ in length/],
  [['run', '-p', '70000:80', 'busybox'], 125, /ports go from 1 to 65535/],
  [['run', '-p', '80/sctp', 'busybox'], 125, /sctp is neither tcp nor udp/],
  [['run', '-v', 'a:b:c:d', 'busybox'], 125, /--volume a:b:c:d is not understood/],
  [['run', '-v', 'x:relative', 'busybox'], 125, /the path in the container is absolute/],
  [['run', '-v', '/tmp:/', 'busybox'], 125, /nothing can be mounted on \//],
  [['run', '-v', '/tmp:/a', '--tmpfs', '/a', 'busybox'], 125, /two mounts have the same target: \/a/],
  [['run', '--mount', 'type=nfs,target=/x', 'busybox'], 125, /type=nfs is not known/],
  [['run', '--mount', 'target=/x,bogus=1', 'busybox'], 125, /"bogus" is not known/],
  [['run', '--cap-add', 'NET_ADMN', 'busybox'], 125, /unknown capability: NET_ADMN[\s\S]*NET_ADMIN/],
  [['run', '--restart', 'always', 'busybox'], 125, /nothing here outlives a reboot/],
  [['run', '--cpus', 'x', 'busybox'], 125, /--cpus x/],
  [['run', '--stop-signal', 'NOPE', 'busybox'], 125, /there is no such signal/],
  [['run', '--health-interval', '5', 'busybox'], 125, /it is no time from 1ms on/],
  [['run', '-it', 'busybox'], 125, /the input device is not a TTY/],
  [['volume', 'rm', 'none-such'], 1, /no such volume: none-such/],
  [['volume', 'create', 'a/b'], 2, /is no name for a volume/],
  [['inspect', '-f', '{{.Nope}}', 'busybox'], 2, /there is no field \.Nope/],
];

for (const [args, code, stderr] of REFUSALS) {
  test(`${args.join(' ')}`, async () => {
    const outcome = await run(args);
    assert.match(outcome.stderr, stderr);
    assert.is(outcome.code, code);
    assert.not.match(outcome.stderr, /^ +at /m);
  });
}

test.run();
