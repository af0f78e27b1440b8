import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, Workplace } from '../support/workplace.ts';

const test = suite('cancelling an export');

/** Large enough that no export of it is over before the signal is there. */
const SIZE_MB = 400;
const DOCKERFILE = `FROM busybox
RUN dd if=/dev/zero of=/large bs=1M count=${SIZE_MB} 2>/dev/null && for i in $(seq 3000); do echo $i > /$i; done
`;

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
  await place.build(DOCKERFILE, ['-o', `type=tar,dest=${place.at('warm.tar')}`]);
});

test.after(() => place.remove());

const OUTPUTS = ['type=image,name=made', 'type=oci,dest=made', 'type=docker,dest=made', 'type=tar,dest=made'];

for (const output of OUTPUTS) {
  test(`-o ${output}: ends soon with 130, and leaves neither a name nor a file`, async () => {
    const args = ['build', '--progress=plain', '-f', '-', '-o', output, place.at('context')];
    place.write('context/unused', '');
    const child = place.start(args);
    child.stdin?.end(DOCKERFILE);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (/\] exporting|exporting (layers|to)/.test(chunk.toString())) child.kill('SIGINT');
    });
    const { code, stderr } = await outcomeOf(child);
    assert.is(code, 130, stderr);
    assert.not(existsSync(place.at('made')));
    assert.not.match(await place.ok(['images']), 'made');
  });
}

test.run();
